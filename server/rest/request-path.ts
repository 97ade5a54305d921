import { ConnectError } from '#server/contract/errors.ts'

/** A path that cannot be read, or that could be read in two ways. */
export class PathError extends ConnectError {
  constructor(message: string, options?: { cause: unknown }) {
    super('BAD_REQUEST', message, options)
  }
}

/** The path of a request target as it was sent: nothing decoded, no dot segments resolved. */
export function rawPath(target: string): string {
  const path = target.replace(/[?#].*$/s, '')
  if (!path.startsWith('/')) throw new PathError(`The request target ${target} is not a path`)
  return path
}

/**
 * The decoded segments of a raw path. A trailing slash does not count, and what follows a `;` in a segment is no part of
 * it. `strict` refuses what Kafka Connect's HTTP server refuses (Jetty: `UriCompliance.DEFAULT`), because somebody on the
 * way might read it differently: encoded slashes, backslashes, percent signs, dot segments and control characters.
 */
export function segmentsOf(path: string, { strict }: { strict: boolean }): string[] {
  if (strict) refuseAmbiguous(path)
  const trimmed = path.replace(/^\//, '').replace(/\/$/, '')
  if (trimmed === '' && path.length <= 1) return []
  const segments = trimmed.split('/')
  if (segments.includes('')) throw new PathError('Ambiguous URI empty segment')
  return segments.map(decode)
}

const ambiguous: readonly [RegExp, string][] = [
  [/%2f/i, 'Ambiguous URI path separator'],
  [/%25/i, 'Ambiguous URI path encoding'],
  [/(^|\/)(%2e|\.)*%2e(%2e|\.)*(?=[/;]|$)/i, 'Ambiguous URI path segment'],
  [/%5c|\\|%[01][0-9a-f]|%7f/i, 'Suspicious Path Character'],
]

function refuseAmbiguous(path: string): void {
  const found = ambiguous.find(([pattern]) => pattern.test(path))
  if (found) throw new PathError(found[1])
}

function decode(segment: string): string {
  const [name = ''] = segment.split(';', 1)
  try {
    return decodeURIComponent(name)
  } catch (cause) {
    throw new PathError(`The path holds a broken escape: ${segment}`, { cause })
  }
}
