import type { IncomingMessage, ServerResponse } from 'node:http'
import { nodeHTTPRequestHandler } from '@trpc/server/adapters/node-http'
import { ConnectError } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { Context } from '#server/trpc/context.ts'
import { appRouter } from '#server/trpc/root.ts'

/** A form holds at most 2,000 values of 64 KiB, but no person writes a config of more than this (S-13). */
const maxBodySize = 4 * 1024 * 1024

/**
 * Answers calls and event streams below `basePath`. What nobody foresaw is logged; everything else is the caller's to
 * read.
 */
export function createTrpcHandler(options: { basePath: string; context: Context; logger: Logger }) {
  const { basePath, context, logger } = options
  return (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(request.url ?? '/', 'http://console').pathname.slice(basePath.length + 1)
    return nodeHTTPRequestHandler({
      req: request,
      res: response,
      path,
      router: appRouter,
      maxBodySize,
      createContext: () => Promise.resolve(context),
      onError({ error, path: procedure }) {
        if (error.code !== 'INTERNAL_SERVER_ERROR' || error.cause instanceof ConnectError) return
        logger.error(`The procedure ${procedure ?? ''} failed in a way nobody foresaw`, { code: 'INTERNAL', error })
      },
    })
  }
}
