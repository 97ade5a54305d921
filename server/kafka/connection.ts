import { connect, type Socket } from 'node:net'
import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
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
  /** The newest version of an API that both sides know; undefined when there is none. */
  version(api: ApiName): number | undefined
  /** The finalised level of a feature such as `transaction.version`; 0 when the broker names none. */
  feature(name: string): number
  readonly closed: boolean
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
}

interface Pending {
  api: ApiName
  version: number
  deadline: number
  resolve: (answer: never) => void
  reject: (error: Error) => void
}

/** Deadlines are looked at this often, by one timer a connection, and only while requests are open. */
const sweepEveryMs = 250

export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const connection = frameConnection(await openSocket(options), options)
  try {
    await connection.negotiate()
  } catch (error) {
    connection.close()
    throw error
  }
  return connection
}

function openSocket({ host, port, connectTimeoutMs }: ConnectionOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true })
    const fail = (why: string) => {
      socket.destroy()
      reject(new KafkaError('NETWORK_EXCEPTION', `${host}:${port}: ${why}`))
    }
    const failed = (error: Error) => fail(messageOf(error))
    socket.setTimeout(connectTimeoutMs, () => fail(`no connection within ${connectTimeoutMs} ms`))
    socket.once('error', failed)
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.removeAllListeners('timeout')
      socket.off('error', failed)
      resolve(socket)
    })
  })
}

function frameConnection(socket: Socket, options: ConnectionOptions): Connection & { negotiate(): Promise<void> } {
  const { clock } = options
  const where = `${options.host}:${options.port}`
  const pending = new Map<number, Pending>()
  const versions = new Map<ApiName, number>()
  const features = new Map<string, number>()
  const frames = createFrameReader(options.maxFrameBytes, onFrame, (why) => end(why))
  let correlation = 0
  let ended: KafkaError | undefined
  let sweeping: AbortController | undefined

  socket.on('data', (chunk: Buffer) => frames.push(chunk))
  socket.on('error', (error) => end(messageOf(error)))
  socket.on('close', () => end('the connection was closed'))

  function end(why: string) {
    if (ended) return
    ended = new KafkaError('NETWORK_EXCEPTION', `${where}: ${why}`)
    sweeping?.abort()
    socket.destroy()
    for (const { reject } of pending.values()) reject(ended)
    pending.clear()
  }

  function onFrame(frame: Buffer) {
    const id = frame.readInt32BE(0)
    const request = pending.get(id)
    if (!request) return end(`an answer to no request (correlation id ${id})`)
    pending.delete(id)
    if (pending.size === 0) sweeping?.abort()
    try {
      request.resolve(decodeResponse(request.api, request.version, frame.subarray(4)) as never)
    } catch (error) {
      request.reject(error as Error)
      end(`an answer to ${request.api} version ${request.version} that cannot be read: ${messageOf(error)}`)
    }
  }

  /** A request past its deadline ends the connection: what was sent cannot be taken back, and answers come in order. */
  async function sweep(signal: AbortSignal) {
    while (!signal.aborted) {
      await clock.sleep(sweepEveryMs, signal)
      const now = clock.now()
      for (const { api, deadline } of pending.values()) {
        if (!signal.aborted && deadline <= now) end(`no answer to ${api} in time`)
      }
    }
  }

  function send<A extends ApiName>(api: A, version: number, body: Writable<RequestOf<A>>, timeoutMs: number) {
    if (ended) return Promise.reject(ended)
    correlation = (correlation + 1) & 0x7fffffff
    const correlationId = correlation
    const parts = encodeRequest(api, version, { correlationId, clientId: options.clientId }, body)
    return new Promise<ResponseOf<A>>((resolve, reject) => {
      pending.set(correlationId, { api, version, deadline: clock.now() + timeoutMs, resolve, reject })
      if (!sweeping || sweeping.signal.aborted) {
        sweeping = new AbortController()
        void sweep(sweeping.signal)
      }
      // One writev: record batches go from their slab to the socket uncopied.
      socket.cork()
      for (const part of parts) socket.write(part)
      socket.uncork()
    })
  }

  return {
    get closed() {
      return ended !== undefined
    },
    version: (api) => versions.get(api),
    feature: (name) => features.get(name) ?? 0,
    async call(api, body, { timeoutMs = options.requestTimeoutMs, maxVersion } = {}) {
      const newest = versions.get(api)
      if (newest === undefined) {
        if (ended) throw ended
        throw new KafkaError('UNSUPPORTED_VERSION', `${where} offers no version of ${api} that we know.`)
      }
      return send(api, maxVersion === undefined ? newest : Math.min(newest, maxVersion), body, timeoutMs)
    },
    close: () => end('closed by us'),
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
    },
  }
}

/** Cuts a byte stream into frames. Each frame has memory of its own, because views into it outlive the chunk. */
function createFrameReader(maxBytes: number, onFrame: (frame: Buffer) => void, onBad: (why: string) => void) {
  const size = Buffer.alloc(4)
  let sizeFilled = 0
  let frame: Buffer | undefined
  let filled = 0
  return {
    push(chunk: Buffer) {
      let at = 0
      while (at < chunk.length) {
        if (!frame) {
          const take = Math.min(4 - sizeFilled, chunk.length - at)
          chunk.copy(size, sizeFilled, at, at + take)
          sizeFilled += take
          at += take
          if (sizeFilled < 4) return
          sizeFilled = 0
          const bytes = size.readInt32BE(0)
          if (bytes < 4 || bytes > maxBytes) return onBad(`a frame of ${bytes} bytes`)
          frame = Buffer.allocUnsafeSlow(bytes)
          filled = 0
        }
        const take = Math.min(frame.length - filled, chunk.length - at)
        chunk.copy(frame, filled, at, at + take)
        filled += take
        at += take
        if (filled === frame.length) {
          const whole = frame
          frame = undefined
          onFrame(whole)
        }
      }
    },
  }
}
