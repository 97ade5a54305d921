import { createServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import {
  type ApiName,
  apis,
  type DecodedRequest,
  decodeRequest,
  encodeResponse,
  type ResponseOf,
  type Writable,
} from '#server/protocol/codec.ts'

type RequestTo<A extends ApiName> = Extract<DecodedRequest, { api: A }>

/** What the broker does with one request: an answer, or something with the connection. */
export type Reaction<A extends ApiName> = Writable<ResponseOf<A>> | 'silence' | 'hang up' | Buffer
export type Script = { [A in ApiName]?: (request: RequestTo<A>) => Reaction<A> | Promise<Reaction<A>> }

export interface ScriptedBroker extends AsyncDisposable {
  port: number
  /** Every request in the order of arrival. */
  requests: DecodedRequest[]
}

/**
 * A broker that answers as a test tells it, over a real socket and in real bytes. Without a line in the script it offers
 * all APIs, names itself as leader and coordinator of everything, and hands out producer ids from 1 on.
 */
export async function startScriptedBroker(script: Script, tls?: TlsOptions): Promise<ScriptedBroker> {
  const requests: DecodedRequest[] = []
  const sockets = new Set<Socket>()
  let port = 0
  let producerIds = 0
  const standard: Script = {
    ApiVersions: () => ({
      apiKeys: Object.values(apis).map(({ key, min, max }) => ({ apiKey: key, minVersion: min, maxVersion: max })),
    }),
    Metadata: ({ body }) => ({
      brokers: [{ nodeId: 1, host: '127.0.0.1', port }],
      clusterId: 'scripted',
      controllerId: 1,
      topics: (body.topics ?? []).map(({ name }) => ({
        name,
        topicId: Buffer.from(`${name}`.padEnd(16).slice(0, 16)).toString('base64url'),
        partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, leaderId: 1 })),
      })),
    }),
    FindCoordinator: ({ body }) => ({
      coordinators: body.coordinatorKeys.map((key) => ({ key, nodeId: 1, host: '127.0.0.1', port })),
    }),
    InitProducerId: () => ({ producerId: ++producerIds, producerEpoch: 0 }),
  }

  const serve = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    let received = Buffer.alloc(0)
    let turn = Promise.resolve()
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk])
      while (received.length >= 4 && received.length >= 4 + received.readInt32BE(0)) {
        const end = 4 + received.readInt32BE(0)
        const request = decodeRequest(Buffer.from(received.subarray(4, end)))
        received = received.subarray(end)
        turn = turn.then(() => react(socket, request))
      }
    })
  }
  const server = tls ? createTlsServer(tls, serve) : createServer(serve)
  server.on('tlsClientError', (_, socket) => socket.destroy())

  async function react(socket: Socket, request: DecodedRequest) {
    requests.push(request)
    const { api, version, correlationId } = request
    const line = (script[api] ?? standard[api]) as ((request: DecodedRequest) => Reaction<ApiName>) | undefined
    const reaction = line ? await line(request) : 'silence'
    if (reaction === 'silence') return
    if (reaction === 'hang up') socket.destroy()
    else if (Buffer.isBuffer(reaction)) socket.write(reaction)
    else for (const part of encodeResponse(api, version, correlationId, reaction)) socket.write(part)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (typeof address === 'object' && address) port = address.port
  return {
    port,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
