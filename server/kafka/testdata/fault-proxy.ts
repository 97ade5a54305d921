import { connect, createServer, type Socket } from 'node:net'
import {
  type ApiName,
  apis,
  decodeRequestHeader,
  decodeResponse,
  encodeResponse,
  type ResponseOf,
} from '#server/protocol/codec.ts'

/** What happens to one exchange: nothing, its answer is lost with the connection, or its request comes late. */
export type Fault = 'pass' | 'lose the answer' | { deliverRequestAfter: Promise<unknown> }

/** `nth` counts from 1 for each API. */
export type Faults = (exchange: { api: ApiName; nth: number }) => Fault

export interface FaultProxy extends AsyncDisposable {
  bootstrapServers: string
  /** Ends every connection, and refuses new ones until `restore`. */
  cut(): void
  restore(): void
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
  let ownPort = 0

  const server = createServer((near) => {
    if (refusing) {
      near.destroy()
      return
    }
    const far = connect({ host, port: Number(port), noDelay: true })
    const asked = new Map<number, { api: ApiName; version: number; fault: Fault }>()
    let turn: Promise<unknown> = Promise.resolve()
    let late = 0
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    near.on('close', () => late === 0 && far.destroy())
    far.on('close', () => near.destroy())

    cutFrames(near, (frame) => {
      const { api, version, correlationId } = decodeRequestHeader(frame.subarray(4))
      if (!api) throw new Error('a request that we do not know')
      const nth = (counts.get(api) ?? 0) + 1
      counts.set(api, nth)
      const fault = faults({ api, nth })
      asked.set(correlationId, { api, version, fault })
      if (typeof fault === 'string') turn = turn.then(() => far.write(frame))
      else {
        late++
        turn = turn.then(() => near.destroy())
        void fault.deliverRequestAfter.then(() => {
          late--
          far.end(frame)
        })
      }
    })

    cutFrames(far, (frame) => {
      const correlationId = frame.readInt32BE(4)
      const question = asked.get(correlationId)
      if (!question || near.destroyed) return
      if (question.fault === 'lose the answer') near.destroy()
      else near.write(rewritten(question.api, question.version, frame))
    })
  })

  function rewritten(api: ApiName, version: number, frame: Buffer): Buffer {
    if (api !== 'Metadata' && api !== 'FindCoordinator') return frame
    const answer = decodeResponse(api, version, frame.subarray(8)) as ResponseOf<'Metadata'> & ResponseOf<'FindCoordinator'>
    const here = { host: '127.0.0.1', port: ownPort }
    const body =
      api === 'Metadata'
        ? { ...answer, brokers: answer.brokers.map((broker) => ({ ...broker, ...here })) }
        : version >= apis.FindCoordinator.max - 2
          ? { ...answer, coordinators: answer.coordinators.map((found) => ({ ...found, ...here })) }
          : { ...answer, ...here }
    return Buffer.concat(encodeResponse(api, version, frame.readInt32BE(4), body))
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
    restore() {
      refusing = false
    },
    async [Symbol.asyncDispose]() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Whole frames, size included. */
function cutFrames(socket: Socket, onFrame: (frame: Buffer) => void) {
  let received = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
      const end = 4 + received.readInt32BE(0)
      const frame = received.subarray(0, end)
      received = received.subarray(end)
      onFrame(frame)
    }
  })
}
