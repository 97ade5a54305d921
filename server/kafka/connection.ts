import type { Socket } from 'node:net'
import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Security } from '#server/kafka/client-settings.ts'
import { createFrameReader } from '#server/kafka/frame-reader.ts'
import { openSocket, socketError } from '#server/kafka/socket.ts'
import {
  type ApiName,
  apiByKey,
  apis,
  decodeResponse,
  encodeRequest,
  type RequestOf,
  type ResponseOf,
  type Writable,
} from '#server/protocol/codec.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** One TCP connection to one broker. Requests are pipelined; Kafka answers them in order, one at a time. */
export interface Connection {
  /** The request in the newest version that both sides know, or at most `maxVersion`. Rejects with KafkaError. */
  call<A extends ApiName>(api: A, body: Writable<RequestOf<A>>, options?: CallOptions): Promise<ResponseOf<A>>
  /** A request that has no answer (Produce with acks 0). Resolves when its bytes have left, so that they may change. */
  tell<A extends ApiName>(api: A, body: Writable<RequestOf<A>>, options?: CallOptions): Promise<void>
  /** The newest version of an API that both sides know; undefined when there is none. */
  version(api: ApiName): number | undefined
  /** The finalised level of a feature such as `transaction.version`; 0 when the broker names none. */
  feature(name: string): number
  readonly closed: boolean
  /** When the last request went out or the last answer came in, by the monotonic clock. */
  readonly lastUsedAt: number
  /** Whether requests wait for an answer. */
  readonly busy: boolean
  /** Open requests reject with NETWORK_EXCEPTION. */
  close(): void
}

export interface CallOptions {
  timeoutMs?: number
  maxVersion?: number
}

export interface ConnectionOptions {
  host: string
  port: number
  clientId: string
  clock: Clock
  requestTimeoutMs: number
  connectTimeoutMs: number
  /** A larger answer closes the connection before anything is allocated for it. */
  maxFrameBytes: number
  security?: Security
  /** Gives the opening up; an open connection is not concerned. */
  signal?: AbortSignal | undefined
}

interface Pending {
  api: ApiName
  version: number
  deadline: number
  resolve: (answer: never) => void
  reject: (error: Error) => void
}

const noBytes = new Uint8Array(0)

/** A login is renewed when this part of its time is over (KIP-368: between 85 and 95 %). */
const renewLoginAt = { least: 0.85, spread: 0.1 }

/** Deadlines are looked at this often, by one timer a connection, and only while requests are open. */
const sweepEveryMs = 250

export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  let receive: (bytes: Buffer) => void = () => undefined // a broker says nothing before it is asked
  const socket = await openSocket({ ...options, tls: options.security?.tls, onBytes: (bytes) => receive(bytes) })
  const connection = frameConnection(socket, options)
  receive = connection.receive
  options.signal?.addEventListener('abort', connection.close)
  try {
    await connection.negotiate()
  } catch (error) {
    connection.close()
    throw error
  } finally {
    options.signal?.removeEventListener('abort', connection.close)
  }
  return connection
}

interface FrameConnection extends Connection {
  receive(bytes: Buffer): void
  negotiate(): Promise<void>
}

function frameConnection(socket: Socket, options: ConnectionOptions): FrameConnection {
  const { clock } = options
  const where = `${options.host}:${options.port}`
  const pending = new Map<number, Pending>()
  const versions = new Map<ApiName, number>()
  const features = new Map<string, number>()
  const frames = createFrameReader(options.maxFrameBytes, onFrame, (why) => end(why))
  let correlation = 0
  let ended: KafkaError | undefined
  let sweeping: AbortController | undefined
  let lastUsedAt = clock.monotonic()
  /** Requests that wait until the login is renewed, in their order; undefined while nothing holds them up. */
  let held: (() => void)[] | undefined
  let renewLoginFrom = Number.POSITIVE_INFINITY

  socket.on('error', (error) => fail(socketError(where, error)))
  socket.on('close', () => end('the connection was closed'))

  const end = (why: string) => fail(new KafkaError('NETWORK_EXCEPTION', `${where}: ${why}`))

  function fail(error: KafkaError) {
    if (ended) return
    ended = error
    sweeping?.abort()
    socket.destroy()
    for (const { reject } of pending.values()) reject(ended)
    pending.clear()
    letGo()
  }

  function onFrame(frame: Buffer) {
    const id = frame.readInt32BE(0)
    const request = pending.get(id)
    if (!request) return end(`an answer to no request (correlation id ${id})`)
    pending.delete(id)
    lastUsedAt = clock.monotonic()
    try {
      request.resolve(decodeResponse(request.api, request.version, frame.subarray(4)) as never)
    } catch (error) {
      request.reject(error as Error)
      end(`an answer to ${request.api} version ${request.version} that cannot be read: ${messageOf(error)}`)
    }
  }

  /** A request past its deadline ends the connection: what was sent cannot be taken back, and answers come in order. */
  async function sweep(signal: AbortSignal) {
    // It goes on for a moment when nothing is asked any more: to begin anew with each request would cost more.
    while (!signal.aborted && pending.size > 0) {
      await clock.sleep(sweepEveryMs, signal)
      const now = clock.monotonic()
      for (const { api, deadline } of pending.values()) {
        if (!signal.aborted && deadline <= now) end(`no answer to ${api} in time`)
      }
    }
    if (sweeping?.signal === signal) sweeping = undefined
  }

  function send<A extends ApiName>(api: A, version: number, body: Writable<RequestOf<A>>, timeoutMs: number) {
    if (ended) return Promise.reject(ended)
    const correlationId = nextCorrelationId()
    const parts = encodeRequest(api, version, { correlationId, clientId: options.clientId }, body)
    return new Promise<ResponseOf<A>>((resolve, reject) => {
      pending.set(correlationId, { api, version, deadline: clock.monotonic() + timeoutMs, resolve, reject })
      if (!sweeping || sweeping.signal.aborted) {
        sweeping = new AbortController()
        void sweep(sweeping.signal)
      }
      write(parts)
    })
  }

  function nextCorrelationId() {
    correlation = (correlation + 1) & 0x7fffffff
    return correlation
  }

  function write(parts: readonly Buffer[], written: (error?: Error | null) => void = () => undefined) {
    lastUsedAt = clock.monotonic()
    // One writev: record batches go from their slab to the socket uncopied.
    socket.cork()
    for (const part of parts.slice(0, -1)) socket.write(part)
    socket.write(parts.at(-1) ?? noBytes, written)
    socket.uncork()
  }

  function versionOf(api: ApiName, maxVersion?: number): number {
    const newest = versions.get(api)
    if (ended) throw ended
    if (newest === undefined) {
      throw new KafkaError('UNSUPPORTED_VERSION', `${where} offers no version of ${api} that we know.`)
    }
    return maxVersion === undefined ? newest : Math.min(newest, maxVersion)
  }

  /** At once, or when the login that has run out is renewed: requests in between would be refused (KIP-368). */
  function loggedIn<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    if (!held && clock.monotonic() < renewLoginFrom) return work()
    if (!held) {
      held = []
      // The broker answers in order, so the handshake's answer comes after those that are open.
      const openUntil = [...pending.values()].reduce(
        (latest, { deadline }) => Math.max(latest, deadline),
        clock.monotonic(),
      )
      logIn(openUntil - clock.monotonic() + options.requestTimeoutMs).then(letGo, (error: unknown) =>
        fail(error instanceof KafkaError ? error : new KafkaError('NETWORK_EXCEPTION', messageOf(error))),
      )
    }
    const waiting = held
    return new Promise((resolve, reject) => waiting.push(() => work().then(resolve, reject)))
  }

  function letGo() {
    const waiting = held ?? []
    held = undefined
    for (const go of waiting) go()
  }

  async function logIn(timeoutMs: number) {
    const sasl = options.security?.sasl
    if (!sasl) return
    // Loaded by those who log in: everybody else is smaller without it.
    const [{ authenticate }, { startExchange }] = await Promise.all([
      import('#server/kafka/security/authenticate.ts'),
      import('#server/kafka/security/sasl.ts'),
    ])
    const lifetimeMs = await authenticate(
      (api, body) => send(api, versionOf(api), body, timeoutMs),
      startExchange(sasl, clock),
    )
    const fraction = renewLoginAt.least + clock.random() * renewLoginAt.spread
    renewLoginFrom = lifetimeMs > 0 ? clock.monotonic() + lifetimeMs * fraction : Number.POSITIVE_INFINITY
  }

  return {
    get closed() {
      return ended !== undefined
    },
    version: (api) => versions.get(api),
    feature: (name) => features.get(name) ?? 0,
    get lastUsedAt() {
      return lastUsedAt
    },
    get busy() {
      return pending.size > 0 || held !== undefined
    },
    async call(api, body, { timeoutMs = options.requestTimeoutMs, maxVersion } = {}) {
      const version = versionOf(api, maxVersion)
      return loggedIn(() => send(api, version, body, timeoutMs))
    },
    async tell(api, body, { maxVersion } = {}) {
      const version = versionOf(api, maxVersion)
      const header = { correlationId: nextCorrelationId(), clientId: options.clientId }
      await loggedIn(
        () =>
          new Promise<void>((resolve, reject) => {
            if (ended) return reject(ended)
            write(encodeRequest(api, version, header, body), (error) => {
              if (error || ended) reject(ended ?? socketError(where, error as Error))
              else resolve()
            })
          }),
      )
    },
    close: () => end('closed by us'),
    receive: (bytes) => frames.push(bytes),
    async negotiate() {
      const software = { clientSoftwareName: 'sluice', clientSoftwareVersion: '0.1.0' }
      let answer = await send('ApiVersions', 3, software, options.requestTimeoutMs)
      // A broker that does not know version 3 answers in version 0, which carries the range it knows.
      if (answer.errorCode === 35) answer = await send('ApiVersions', 0, {}, options.requestTimeoutMs)
      if (answer.errorCode !== 0) throw KafkaError.of(answer.errorCode)
      for (const { apiKey, minVersion, maxVersion } of answer.apiKeys) {
        const api = apiByKey(apiKey)
        if (!api) continue
        const newest = Math.min(maxVersion, apis[api].max)
        if (newest >= Math.max(minVersion, apis[api].min)) versions.set(api, newest)
      }
      for (const { name, maxVersionLevel } of answer.finalizedFeatures ?? []) features.set(name, maxVersionLevel)
      await logIn(options.requestTimeoutMs)
    },
  }
}
