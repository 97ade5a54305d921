import { ConnectError } from '#server/contract/errors.ts'
import type { RestRequest } from '#server/rest/message.ts'

const NOTHING = new Uint8Array(0)

/**
 * Reads whole bodies, each no further than `limit` bytes, and all that are being read at one time no further than
 * `together` bytes (S-13): many large ones at once cannot take the worker's memory.
 */
export function createBodyReader(options: {
  limit: number
  together: number
}): (request: RestRequest) => Promise<Uint8Array<ArrayBuffer>> {
  const { limit, together } = options
  let held = 0

  return async (request) => {
    if (!request.body) return NOTHING
    const announced = Number(request.headers.get('content-length') ?? 0)
    if (announced > limit) throw tooLarge(limit)
    const chunks: Uint8Array[] = []
    let size = 0
    try {
      for await (const chunk of request.body) {
        size += chunk.byteLength
        held += chunk.byteLength
        if (size > limit) throw tooLarge(limit)
        if (held > together) throw tooMany()
        chunks.push(chunk)
      }
      return new Uint8Array(Buffer.concat(chunks))
    } finally {
      held -= size
    }
  }
}

const tooLarge = (limit: number) => new ConnectError('BODY_TOO_LARGE', `The body is larger than ${limit} bytes.`)
const tooMany = () =>
  new ConnectError('BODY_TOO_LARGE', 'Too many large bodies arrive at once; send this one again in a moment.', {
    status: 503,
  })
