import { createRestHandler, type RestOptions } from '#server/rest/handler.ts'

/** The REST API with the requests and answers of the web standard, as tests make and read them. */
export function createWebHandler(
  options: RestOptions,
  part?: Parameters<typeof createRestHandler>[1],
): (request: Request, target?: string) => Promise<Response> {
  const handle = createRestHandler(options, part)
  return async (request, target) => {
    const { status, headers, body } = await handle(request, target)
    if (typeof body === 'function') throw new Error('a stream is asked for over a connection')
    const bytes = body === null ? null : new Uint8Array(Buffer.from(body))
    return new Response(bytes, { status, headers: [...headers] })
  }
}
