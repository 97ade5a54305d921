import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Door, refuseForeign } from '#server/console/web/door.ts'
import type { Pages } from '#server/console/web/pages.ts'
import { securityHeaders } from '#server/console/web/security-headers.ts'
import { waitingPage } from '#server/console/web/waiting-page.ts'
import type { Clock } from '#server/contract/clock.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'

/** Where the pages stand: the console answers before they are built. */
export type PagesState = { state: 'building' } | { state: 'ready'; pages: Pages } | { state: 'failed'; reason: string }

export interface WebOptions {
  host: string
  /** 0 takes a free one. */
  port: number
  door: Door
  /** Answers what is asked below `apiPath`. */
  api: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  pages: () => PagesState | Promise<PagesState>
  dev: boolean
  clock: Clock
  logger: Logger
}

export interface WebServer extends AsyncDisposable {
  port: number
}

export const apiPath = '/api/trpc'

/** Requests under way get this long when the server stops; event streams end at once after it, and browsers come back. */
const stopGraceMs = 250
const refreshSeconds = 2
const building = 'Its pages are being built, which takes about half a minute, once. This page follows by itself.'
/** The id of a tail's last event names an offset for each partition. */
const maxHeaderSize = 64 * 1024

/** Serves procedures, their event streams and the pages on one port. */
export async function startWebServer(options: WebOptions): Promise<WebServer> {
  const { host, clock } = options
  const server = createServer({ maxHeaderSize }, (request, response) => void answer(options, request, response))
  // An upgraded connection is no longer the server's to close.
  const upgraded = new Set<Duplex>()
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket)
    socket.once('close', () => upgraded.delete(socket))
    void upgrade(options, request, socket, head)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(options, cause)))
    server.listen({ host, port: options.port }, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of upgraded) socket.destroy()
      await close(server, clock)
    },
  }
}

async function answer(options: WebOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const nonce = randomBytes(16).toString('base64')
  try {
    const headers = securityHeaders(nonce, options.dev)
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
    const api = path.startsWith(`${apiPath}/`)
    options.door({ method: request.method ?? 'GET', api, headers: request.headers })
    if (api) {
      response.setHeader('cache-control', 'no-store')
      await options.api(request, response)
      return
    }
    const pages = await options.pages()
    if (pages.state !== 'ready') return sendWaiting(response, pages)
    stripInternal(request)
    // The pages read the nonce for their inline scripts from the request.
    request.headers['content-security-policy'] = headers['content-security-policy']
    await pages.pages.serve(request, response)
  } catch (error) {
    refuse(options.logger, response, error)
  }
}

/** S-18: headers by which the framework speaks to itself never come from outside. */
function stripInternal(request: IncomingMessage): void {
  for (const name of Object.keys(request.headers)) {
    if (name.startsWith('x-middleware-') || name === 'x-nextjs-data') delete request.headers[name]
  }
}

function sendWaiting(response: ServerResponse, pages: Exclude<PagesState, { state: 'ready' }>): void {
  response.setHeader('content-type', 'text/html; charset=utf-8')
  response.setHeader('cache-control', 'no-store')
  if (pages.state === 'failed') {
    response.statusCode = 500
    response.end(waitingPage('The pages could not be built', pages.reason, undefined))
    return
  }
  response.statusCode = 503
  response.setHeader('retry-after', String(refreshSeconds))
  response.end(waitingPage('The console is getting ready', building, refreshSeconds))
}

function refuse(logger: Logger, response: ServerResponse, error: unknown): void {
  const ours = error instanceof ConnectError ? error : undefined
  if (!ours) logger.error('A request to the console failed in a way nobody foresaw', { code: 'INTERNAL', error })
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.statusCode = ours?.status ?? 500
  // A body that was refused unread would otherwise be taken for the next request.
  response.setHeader('connection', 'close')
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.end(ours ? `${ours.message}\n${ours.hint}\n` : 'The console failed in a way nobody foresaw.\n')
}

async function upgrade(options: WebOptions, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  socket.on('error', () => socket.destroy())
  try {
    options.door({ method: 'GET', api: false, headers: request.headers })
    refuseForeign(request.headers, request.headers.host ?? '')
    const pages = await options.pages()
    if (options.dev && pages.state === 'ready') await pages.pages.upgrade(request, socket, head)
    else socket.destroy()
  } catch (error) {
    options.logger.debug(`An upgrade was refused: ${messageOf(error)}`)
    socket.destroy()
  }
}

async function close(server: Server, clock: Clock): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const done = new AbortController()
  await Promise.race([closed.then(() => done.abort()), clock.sleep(stopGraceMs, done.signal)])
  server.closeAllConnections()
  await closed
}

function listenError({ host, port }: WebOptions, cause: NodeJS.ErrnoException): ConnectError {
  return cause.code === 'EADDRINUSE'
    ? new ConnectError('PORT_TAKEN', `Port ${port} for the console is taken by another process.`, { cause })
    : new ConnectError('SETTING_INVALID', `The console cannot listen on ${host}:${port}: ${cause.message}`, { cause })
}
