import { once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { ServerOptions as TlsOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { createRestHandler, type RestHandler, type RestOptions } from '#server/rest/handler.ts'
import { type Listener, parseListener } from '#server/rest/listener.ts'
import { HeaderMap, type RestRequest } from '#server/rest/message.ts'

/** To `import` them would load the whole web client of Node with them: all that they export is read then. */
const http = () => process.getBuiltinModule('node:http')
const https = () => process.getBuiltinModule('node:https')

export interface RestServerOptions extends RestOptions {
  /** `http://127.0.0.1:8083`, `http://:8083` (every interface); port 0 takes a free one. */
  listeners: readonly string[]
  /** `admin.listeners`: absent on the normal listeners, empty nowhere, else there alone. */
  adminListeners?: readonly string[]
  /** For listeners that begin with `https`. */
  tls?: TlsOptions
  /** For `admin.listeners` that begin with `https`. */
  adminTls?: TlsOptions
}

export interface RestServer extends AsyncDisposable {
  /** The first listener, with the port that it got. */
  url: string
  urls: readonly string[]
}

/** Serves the REST API on every listener; closing waits for the requests under way, but not for idle connections. */
export async function startRest(options: RestServerOptions): Promise<RestServer> {
  const { adminListeners } = options
  const main = createRestHandler(options, adminListeners === undefined ? 'all' : 'without-admin')
  const servers: Listening[] = []
  const close = async () => {
    for (const { server, sockets, closing } of servers.splice(0).reverse()) {
      closing.abort()
      await closeServer(server, sockets)
    }
  }
  try {
    for (const text of options.listeners) servers.push(await listen(parseListener(text), main, options.tls))
    if (adminListeners && adminListeners.length > 0) {
      const admin = createRestHandler(options, 'admin')
      for (const text of adminListeners) servers.push(await listen(parseListener(text), admin, options.adminTls))
    }
  } catch (error) {
    await close()
    throw error
  }
  const urls = servers.map(({ url }) => url)
  return { url: urls[0] ?? '', urls, [Symbol.asyncDispose]: close }
}

interface Listening {
  server: Server
  url: string
  /** Every open connection. */
  sockets: ReadonlySet<Socket>
  /** Ends streams, which would go on for ever. */
  closing: AbortController
}

async function listen(listener: Listener, handler: RestHandler, tls: TlsOptions = {}): Promise<Listening> {
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    void serve(incoming, outgoing, listener.scheme, handler, closing.signal).finally(() => {
      // While closing, a connection that stays open for a next request would hold the server up.
      if (!server.listening) server.closeIdleConnections()
    })
  }
  const closing = new AbortController()
  const server = listener.scheme === 'https' ? https().createServer(tls, onRequest) : http().createServer(onRequest)
  server.keepAliveTimeout = 90_000
  server.on('clientError', refuseUnreadable)
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(listener, cause)))
    server.listen(listener.port, listener.host, resolve)
  })
  const { port } = server.address() as AddressInfo
  return { server, url: `${listener.scheme}://${listener.urlHost}:${port}`, sockets, closing }
}

function listenError(listener: Listener, cause: NodeJS.ErrnoException): ConnectError {
  return cause.code === 'EADDRINUSE'
    ? new ConnectError('PORT_TAKEN', `The port of ${listener.text} is taken by another process.`, { cause })
    : new ConnectError('SETTING_INVALID', `Cannot listen on ${listener.text}: ${cause.message}`, { cause })
}

/** Waits for requests under way. A connection that never sent a byte is none, though Node does not count it as idle. */
async function closeServer(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy()
  await closed
}

async function serve(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  scheme: Listener['scheme'],
  handler: RestHandler,
  closing: AbortSignal,
): Promise<void> {
  try {
    const response = await handler(toRequest(incoming, scheme), incoming.url)
    outgoing.writeHead(response.status, [...response.headers].flat())
    // Both ends of an answer: it went out, or the client hung up before.
    const over = Promise.race([once(outgoing, 'finish'), once(outgoing, 'close')])
    if (typeof response.body === 'function') await pour(response.body, outgoing, closing)
    outgoing.end(typeof response.body === 'function' ? undefined : (response.body ?? undefined))
    await over
    // A body that was refused unread would otherwise be taken for the next request.
    if (!incoming.complete) incoming.destroy()
  } catch (error) {
    if (outgoing.headersSent) {
      outgoing.destroy()
      return
    }
    outgoing.writeHead(400, { 'content-type': 'application/json', connection: 'close' })
    outgoing.end(JSON.stringify({ error_code: 400, message: messageOf(error) }))
  }
}

/** Sends what comes until nobody listens, or the server closes; a slow listener is waited for. */
async function pour(
  chunks: (signal: AbortSignal) => AsyncIterable<string>,
  outgoing: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort())
  const signal = AbortSignal.any([gone.signal, closing])
  for await (const chunk of chunks(signal)) {
    if (!outgoing.write(chunk)) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')])
    if (signal.aborted) return
  }
}

const unreadable: Readonly<Record<string, [status: number, text: string]>> = {
  HPE_INVALID_METHOD: [405, 'Method Not Allowed'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
}

/** A request that Node's parser gives up on; a method that it does not know is one that no route has. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const [status, text] = unreadable[error.code ?? ''] ?? [400, 'Bad Request']
  const body = JSON.stringify({ error_code: status, message: `HTTP ${status} ${text}` })
  socket.end(
    `HTTP/1.1 ${status} ${text}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

function toRequest(incoming: IncomingMessage, scheme: Listener['scheme']): RestRequest {
  const method = incoming.method ?? 'GET'
  const headers = new HeaderMap()
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    headers.append(incoming.rawHeaders[i] ?? '', incoming.rawHeaders[i + 1] ?? '')
  }
  const url = new URL(`${scheme}://${headers.get('host') || 'localhost'}${incoming.url ?? '/'}`)
  if (url.username !== '' || url.password !== '') throw new Error('The Host header holds a user')
  const hasBody = method !== 'GET' && method !== 'HEAD'
  // What is left of a body when it is refused is seen to after the answer.
  const body = hasBody ? incoming.iterator({ destroyOnReturn: false }) : null
  return { method, url: url.href, headers, body }
}
