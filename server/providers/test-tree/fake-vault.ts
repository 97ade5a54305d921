import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface VaultRequest {
  method: string
  path: string
  token: string | undefined
  namespace: string | undefined
  body: Record<string, unknown>
}

export type VaultReply = { status: number; body?: object } | 'silence'

/** Speaks as much of Vault's HTTP API as a test says; `requests` tells what was asked. */
export interface FakeVault extends AsyncDisposable {
  address: string
  requests: VaultRequest[]
  /** How often `METHOD path` was asked. */
  count(what: string): number
}

export async function startFakeVault(answer: (request: VaultRequest) => VaultReply): Promise<FakeVault> {
  const requests: VaultRequest[] = []
  const server = createServer(async (incoming, response) => {
    const request = await read(incoming)
    requests.push(request)
    const reply = answer(request)
    if (reply === 'silence') return
    response.writeHead(reply.status, { 'content-type': 'application/json', location: 'http://127.0.0.1:1/v1/other' })
    response.end(reply.body === undefined ? '' : JSON.stringify(reply.body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    count: (what) => requests.filter(({ method, path }) => `${method} ${path}` === what).length,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function read(incoming: IncomingMessage): Promise<VaultRequest> {
  let text = ''
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk
  const header = (name: string) => incoming.headers[name]?.toString()
  return {
    method: incoming.method ?? '',
    path: (incoming.url ?? '').replace('/v1/', ''),
    token: header('x-vault-token'),
    namespace: header('x-vault-namespace'),
    body: text === '' ? {} : JSON.parse(text),
  }
}
