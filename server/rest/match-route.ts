import { ConnectError } from '#server/contract/errors.ts'
import type { Route } from '#server/rest/route.ts'

export type Match =
  | { found: 'route'; route: Route; params: string[] }
  /** The path exists, the method does not; OPTIONS is answered with `methods`. */
  | { found: 'path'; methods: string[] }
  | { found: 'nothing' }

/** Finds the route of a raw, still encoded path. HEAD is GET without a body; a trailing slash does not count. */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match {
  const segments = segmentsOf(path)
  const matching = routes.flatMap((route) => {
    const params = paramsOf(route.path, segments)
    return params ? [{ route, params }] : []
  })
  if (matching.length === 0) return { found: 'nothing' }
  const wanted = method === 'HEAD' ? 'GET' : method
  const hit = matching.find(({ route }) => route.method === wanted)
  if (hit) return { found: 'route', ...hit }
  const methods = matching.map(({ route }) => route.method)
  const withHead = methods.includes('GET') ? ['HEAD', ...methods] : methods
  return { found: 'path', methods: [...withHead, 'OPTIONS'] }
}

function segmentsOf(path: string): string[] {
  const trimmed = path.replace(/^\//, '').replace(/\/$/, '')
  if (trimmed === '' && path.length <= 1) return []
  const segments = trimmed.split('/')
  if (segments.includes('')) throw new ConnectError('BAD_REQUEST', 'Ambiguous URI empty segment')
  return segments.map(decode)
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (cause) {
    throw new ConnectError('BAD_REQUEST', `The path holds a broken escape: ${segment}`, { cause })
  }
}

function paramsOf(pattern: string, segments: readonly string[]): string[] | undefined {
  const expected = pattern === '/' ? [] : pattern.slice(1).split('/')
  if (expected.length !== segments.length) return undefined
  const params: string[] = []
  for (const [index, part] of expected.entries()) {
    const segment = segments[index] ?? ''
    if (part === '{n}' && !isTaskNumber(segment)) return undefined
    if (part.startsWith('{')) params.push(segment)
    else if (part !== segment) return undefined
  }
  return params
}

/** A Java `int`; anything else makes the path unknown, as in Kafka Connect. */
const isTaskNumber = (text: string): boolean => /^[+-]?\d{1,10}$/.test(text) && Math.abs(Number(text)) <= 2 ** 31 - 1
