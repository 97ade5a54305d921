import type { Socket } from 'node:net'
import { createFrames } from '#server/broker/frames.ts'
import type { Handler, Handlers } from '#server/broker/handlers/handler.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { type ApiName, decodeRequest, decodeRequestHeader, encodeResponse } from '#server/protocol/codec.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'

export interface ClientConnectionOptions {
  handlers: Handlers
  maxRequestBytes: number
  /** How many bytes of requests may wait behind the one being answered before the socket is no longer read. */
  maxQueuedBytes: number
  logger: Logger
}

/**
 * Serves one client: requests are answered one at a time, in their order, as Kafka does. A request that waits (a long
 * poll, a join) holds up its own connection only.
 */
export function serveConnection(socket: Socket, options: ClientConnectionOptions): void {
  const { logger } = options
  const clientHost = socket.remoteAddress ?? ''
  const closing = new AbortController()
  const queue: Buffer[] = []
  let queuedBytes = 0
  let busy = false

  const frames = createFrames(
    options.maxRequestBytes,
    (frame) => {
      queue.push(frame)
      queuedBytes += frame.length
    },
    (size) => refuse(`a request of ${size} bytes`),
  )

  socket.setNoDelay(true)
  socket.on('data', (chunk: Buffer) => {
    frames.push(chunk)
    if (queuedBytes > options.maxQueuedBytes) socket.pause()
    if (!busy) void serveQueue()
  })
  socket.on('error', (error) => logger.debug(`${clientHost}: ${messageOf(error)}`))
  socket.on('close', () => closing.abort())

  function refuse(why: string) {
    logger.warn(`closed the connection of ${clientHost}: ${why}`)
    socket.destroy()
  }

  async function serveQueue() {
    busy = true
    try {
      for (let frame = queue.shift(); frame && !socket.destroyed; frame = queue.shift()) {
        queuedBytes -= frame.length
        const answer = await serve(frame)
        if (answer && !(await send(answer))) break
        if (socket.isPaused() && queuedBytes <= options.maxQueuedBytes) socket.resume()
      }
    } catch (error) {
      if (error instanceof MalformedError) refuse(error.message)
      else {
        // A fault of ours: the client sees a closed connection and asks again, as with Kafka.
        logger.error(`a request of ${clientHost} failed`, { error })
        socket.destroy()
      }
    } finally {
      busy = false
    }
  }

  /** Whether the connection is still there once the bytes have left for the system. */
  async function send(parts: readonly Buffer[]): Promise<boolean> {
    if (socket.destroyed) return false
    socket.cork()
    for (const part of parts) socket.write(part)
    socket.uncork()
    // I12: a client that does not read its answers gets no more of them.
    if (socket.writableNeedDrain) await drained()
    return !socket.destroyed
  }

  function drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        socket.off('drain', done)
        socket.off('close', done)
        resolve()
      }
      socket.on('drain', done)
      socket.on('close', done)
    })
  }

  async function serve(frame: Buffer): Promise<Buffer[] | undefined> {
    const header = decodeRequestHeader(frame)
    const { api, version, correlationId } = header
    if (api === 'ApiVersions' && !header.supported) {
      // KIP-511: a client that is newer than the broker is answered in version 0, which names the versions to use.
      const known = await call('ApiVersions', {} as never, { ...header, version: 0 })
      const errorCode = kafkaErrors.UNSUPPORTED_VERSION.code
      return encodeResponse('ApiVersions', 0, correlationId, { apiKeys: known?.apiKeys, errorCode })
    }
    if (!api || !options.handlers[api] || !header.supported) {
      throw new MalformedError(`API ${header.apiKey} version ${version} is not served`)
    }
    const request = decodeRequest(frame)
    const answer = await call(request.api, request.body as never, header)
    return answer && encodeResponse(request.api, version, correlationId, answer)
  }

  function call<A extends ApiName>(
    api: A,
    body: Parameters<Handler<A>>[0],
    { version, clientId }: { version: number; clientId: string | null },
  ) {
    const handler = options.handlers[api] as Handler<A> | undefined
    if (!handler) throw new MalformedError(`API ${api} is not served`)
    return handler(body, { version, clientId, clientHost, signal: closing.signal })
  }
}
