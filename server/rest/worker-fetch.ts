import type { Agent } from 'node:https'
import { Readable } from 'node:stream'
import type { ConnectionOptions } from 'node:tls'

/** Loaded with the first address that wants it. */
const https = () => process.getBuiltinModule('node:https')

/** What a worker needs of `fetch` to reach another worker. */
export type Fetch = (
  url: string,
  init: {
    method: string
    headers: Record<string, string>
    body?: Uint8Array<ArrayBuffer>
    redirect: 'error'
    signal: AbortSignal
  },
) => Promise<Response>

/** Key, trust and name check of a TLS client. */
export type ClientTls = Pick<ConnectionOptions, 'secureContext' | 'checkServerIdentity'>

/**
 * A `fetch` that reaches `https` addresses with a key and a trust of our own, read when they are first needed, and all
 * others as ever.
 */
export function createWorkerFetch(readTls: () => ClientTls): Fetch {
  let agent: Agent | undefined
  return (url, init) => {
    if (!url.startsWith('https:')) return fetch(url, init)
    agent ??= new (https().Agent)({ ...readTls(), keepAlive: true })
    return overTls(agent, url, init)
  }
}

function overTls(
  agent: Agent,
  url: string,
  { method, headers, body, signal }: Parameters<Fetch>[1],
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sent = https().request(url, { agent, method, headers, signal }, (incoming) => {
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
    sent.end(body)
  })
}
