import { ConnectError } from '#server/contract/errors.ts'

const NOTHING = new Uint8Array(0)

/** The whole body, read no further than `limit` bytes (S-13). */
export async function readBody(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  if (!request.body) return NOTHING
  const announced = Number(request.headers.get('content-length') ?? 0)
  if (announced > limit) throw tooLarge(limit)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request.body) {
    size += chunk.byteLength
    if (size > limit) throw tooLarge(limit)
    chunks.push(chunk)
  }
  return new Uint8Array(Buffer.concat(chunks))
}

const tooLarge = (limit: number) => new ConnectError('BODY_TOO_LARGE', `The body is larger than ${limit} bytes.`)
