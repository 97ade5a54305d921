import { connect, createServer, type Socket } from 'node:net'
import { createFrameReader } from '#server/kafka/frame-reader.ts'
import {
  type ApiName,
  apis,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type RequestOf,
  type ResponseOf,
  type Writable,
} from '#server/protocol/codec.ts'

/**
 * What happens to one exchange: nothing; its request or its answer is lost with the connection; its request comes late; its
 * answer is held back, and those behind it; nothing behind it is read for a while; one of them says something else; bytes
 * come where its answer should stand.
 */
export type Fault =
  | 'pass'
  | 'lose the request'
  | 'lose the answer'
  | { deliverRequestAfter: Promise<unknown> }
  | { answerAfter: Promise<unknown> }
  | { readOnAfter: Promise<unknown> }
  | Rewrite
  | { bytesForAnswer: Buffer }

interface Rewrite {
  request?: (body: never) => object
  answer?: (body: never) => object
}

/** Alters what one exchange says, on its way. */
export const rewrite = <A extends ApiName>(how: {
  request?: (body: RequestOf<A>) => Writable<RequestOf<A>>
  answer?: (body: ResponseOf<A>) => Writable<ResponseOf<A>>
}): Fault => how

/** Lets every broker look as if it had no transactions v2 (KIP-890), so that clients fall back on the older protocol. */
export const withoutTransactionsV2: Fault = rewrite<'ApiVersions'>({
  answer: (body) => ({
    ...body,
    finalizedFeatures: body.finalizedFeatures.filter(({ name }) => name !== 'transaction.version'),
  }),
})

/** `nth` counts from 1 for each API. */
export type Faults = (exchange: { api: ApiName; nth: number }) => Fault

export interface FaultProxy extends AsyncDisposable {
  bootstrapServers: string
  /** Ends every connection, and refuses new ones until `restore`. */
  cut(): void
  /** Lets nothing pass in either direction until `restore`, and ends no connection: what is sent meanwhile comes late. */
  silence(): void
  restore(): void
}

const largestFrame = 1 << 28

interface Exchange {
  api: ApiName
  version: number
  fault: Fault
}

/**
 * Stands between a client and a cluster of one broker, and knows Kafka's protocol: it names itself wherever the broker
 * names its address, so that every request passes through it. A request that comes late is delivered even when the client
 * has given the connection up.
 */
export async function startFaultProxy(bootstrapServers: string, faults: Faults): Promise<FaultProxy> {
  const [host = '', port = ''] = bootstrapServers.split(':')
  const sockets = new Set<Socket>()
  const counts = new Map<ApiName, number>()
  let refusing = false
  let heard = Promise.withResolvers<void>()
  heard.resolve()
  let ownPort = 0

  const server = createServer({ noDelay: true }, (near) => {
    if (refusing) {
      near.destroy()
      return
    }
    const far = connect({ host, port: Number(port), noDelay: true })
    const asked = new Map<number, Exchange>()
    let forth: Promise<unknown> = Promise.resolve()
    let back: Promise<unknown> = Promise.resolve()
    let late = 0
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    near.on('close', () => late === 0 && far.destroy())
    far.on('close', () => back.then(() => near.destroy()))

    onFrames(near, (frame) => {
      const { api, version, correlationId } = decodeRequestHeader(frame)
      if (!api) throw new Error('a request that we do not know')
      const nth = (counts.get(api) ?? 0) + 1
      counts.set(api, nth)
      const fault = faults({ api, nth })
      asked.set(correlationId, { api, version, fault })
      if (typeof fault === 'object' && 'readOnAfter' in fault) {
        near.pause()
        void fault.readOnAfter.then(() => near.resume())
      }
      if (fault === 'lose the request') forth = forth.then(() => near.destroy())
      else if (typeof fault === 'object' && 'deliverRequestAfter' in fault) {
        late++
        forth = forth.then(() => near.destroy())
        void fault.deliverRequestAfter.then(() => {
          late--
          send(far, sized(frame))
          far.end()
        })
      } else {
        forth = forth.then(() => heard.promise).then(() => send(far, requestOf(frame, fault)))
      }
    })

    onFrames(far, (frame) => {
      const exchange = asked.get(frame.readInt32BE(0))
      if (!exchange) return
      const { fault } = exchange
      if (typeof fault === 'object' && 'answerAfter' in fault) back = back.then(() => fault.answerAfter)
      back = back.then(() => heard.promise)
      back = back.then(() => {
        if (near.destroyed) return
        if (fault === 'lose the answer') near.destroy()
        else send(near, answerOf(frame, exchange))
      })
    })
  })

  function answerOf(frame: Buffer, { api, version, fault }: Exchange): Buffer[] {
    if (typeof fault === 'object' && 'bytesForAnswer' in fault) return [fault.bytesForAnswer]
    const rewriting = rewritingOf(fault, 'answer')
    if (!rewriting && api !== 'Metadata' && api !== 'FindCoordinator') return sized(frame)
    const said = decodeResponse(api, version, frame.subarray(4))
    const body = readdressed(api, version, rewriting ? rewriting(said as never) : said)
    return encodeResponse(api, version, frame.readInt32BE(0), body)
  }

  function readdressed(api: ApiName, version: number, body: object): object {
    if (api !== 'Metadata' && api !== 'FindCoordinator') return body
    const { brokers, coordinators } = body as ResponseOf<'Metadata'> & ResponseOf<'FindCoordinator'>
    const here = { host: '127.0.0.1', port: ownPort }
    if (api === 'Metadata') return { ...body, brokers: brokers.map((broker) => ({ ...broker, ...here })) }
    if (version < apis.FindCoordinator.max - 2) return { ...body, ...here }
    return { ...body, coordinators: coordinators.map((found) => ({ ...found, ...here })) }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address === 'object' && address) ownPort = address.port
  const cut = () => {
    refusing = true
    for (const socket of sockets) socket.destroy()
  }
  return {
    bootstrapServers: `127.0.0.1:${ownPort}`,
    cut,
    silence() {
      heard = Promise.withResolvers()
    },
    restore() {
      refusing = false
      heard.resolve()
    },
    async [Symbol.asyncDispose]() {
      cut()
      heard.resolve()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const rewritingOf = (fault: Fault, what: 'request' | 'answer') =>
  typeof fault === 'object' && what in fault ? (fault as Rewrite)[what] : undefined

function requestOf(frame: Buffer, fault: Fault): Buffer[] {
  const rewriting = rewritingOf(fault, 'request')
  if (!rewriting) return sized(frame)
  const { api, version, correlationId, clientId, body } = decodeRequest(frame)
  return encodeRequest(api, version, { correlationId, clientId }, rewriting(body as never))
}

function onFrames(socket: Socket, onFrame: (frame: Buffer) => void) {
  const frames = createFrameReader(largestFrame, onFrame, () => socket.destroy())
  socket.on('data', (chunk: Buffer) => frames.push(chunk))
}

/** A frame as it stands on the wire. */
function sized(frame: Buffer): Buffer[] {
  const size = Buffer.alloc(4)
  size.writeInt32BE(frame.length)
  return [size, frame]
}

function send(socket: Socket, parts: readonly Buffer[]) {
  socket.cork()
  for (const part of parts) socket.write(part)
  socket.uncork()
}
