import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import next from 'next'

/** The console's pages, ready to be served. */
export interface Pages extends AsyncDisposable {
  serve(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** The development server's connection to its pages. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
}

/** @param dev builds each page when it is first asked for, and again when its files change */
export async function preparePages(options: { dev: boolean; host: string; port: number }): Promise<Pages> {
  const { dev, host, port } = options
  const app = next({ dev, hostname: host, port, dir: fileURLToPath(new URL('../../..', import.meta.url)), quiet: !dev })
  await app.prepare()
  const handle = app.getRequestHandler()
  const upgrade = app.getUpgradeHandler()
  return {
    serve: (request, response) => handle(request, response),
    upgrade: (request, socket, head) => upgrade(request, socket, head),
    [Symbol.asyncDispose]: () => app.close(),
  }
}
