import type { ClientRequest } from 'node:http'
import type { Agent } from 'node:https'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'

/** Loaded with the first address that wants it. */
const http = () => process.getBuiltinModule('node:http')
const https = () => process.getBuiltinModule('node:https')

/** What a worker needs of `fetch` to reach another worker. A redirect is an error. */
export type Fetch = (url: string, init: WorkerInit) => Promise<Response>

interface WorkerInit {
  method: string
  headers: Record<string, string>
  body?: Uint8Array<ArrayBuffer>
  signal: AbortSignal
}

/** Key, trust and name check of a TLS client. */
export type ClientTls = Pick<ConnectionOptions, 'secureContext' | 'checkServerIdentity'>

/**
 * Reaches a worker with the path exactly as it is given. `fetch` would resolve dot segments first, however they are
 * encoded, and a connector may be named `..`.
 */
export const workerFetch: Fetch = (url, init) => send(url, init)

/** As `workerFetch`; `https` addresses with a key and a trust of our own, read when they are first needed. */
export function createWorkerFetch(readTls: () => ClientTls): Fetch {
  let agent: Agent | undefined
  return (url, init) => {
    if (!url.startsWith('https:')) return workerFetch(url, init)
    agent ??= new (https().Agent)({ ...readTls(), keepAlive: true })
    return send(url, init, agent)
  }
}

function send(url: string, { method, headers, body, signal }: WorkerInit, agent?: Agent): Promise<Response> {
  const { request } = url.startsWith('https:') ? https() : http()
  const sized = body === undefined ? headers : { ...headers, 'content-length': String(body.byteLength) }
  // A connection for each request: one that was kept may be on its way to its end, and a change is not sent twice.
  const options = { method, headers: sized, signal, path: targetOf(url), agent: agent ?? false }
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (incoming) => {
      const answered = new Headers()
      for (const [name, value] of Object.entries(incoming.headers)) answered.set(name, String(value))
      const status = incoming.statusCode ?? 0
      if (status >= 300 && status < 400) {
        incoming.destroy()
        reject(new Error(`the answer was a redirect (${status})`))
        return
      }
      const empty = status === 204
      if (empty) incoming.resume()
      const content = empty ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array<ArrayBuffer>>)
      resolve(new Response(content, { status, headers: answered }))
    })
    sent.once('error', reject)
    sent.once('socket', (socket) => giveUpConnecting(sent, socket))
    sent.end(body)
  })
}

const connectWithinMs = 10_000

/** Behind an address that swallows everything there is nobody to wait for. */
function giveUpConnecting(sent: ClientRequest, socket: Socket): void {
  if (!socket.connecting) return
  const timer = setTimeout(() => {
    const error = new Error(`No connection within ${connectWithinMs} ms`)
    sent.destroy(Object.assign(error, { code: 'ERR_SOCKET_CONNECTION_TIMEOUT' }))
  }, connectWithinMs)
  socket.once('connect', () => clearTimeout(timer))
  socket.once('close', () => clearTimeout(timer))
}

/** What stands behind host and port, untouched. */
const targetOf = (url: string): string => url.replace(/^[a-z]+:\/\/[^/?#]*/i, '') || '/'
