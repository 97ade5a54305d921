import type { Route } from '#server/rest/route.ts'

export type Match =
  | { found: 'route'; route: Route; params: string[] }
  /** The path exists, the method does not; OPTIONS is answered with `methods`. */
  | { found: 'path'; methods: string[] }
  /** `shape`: a path exists that has another kind of text in a place of this one. */
  | { found: 'nothing'; shape: boolean }

/** Finds the route of a decoded path. HEAD is GET without a body. */
export function matchRoute(routes: readonly Route[], method: string, segments: readonly string[]): Match {
  const matching = routes.flatMap((route) => {
    const params = paramsOf(route.path, segments)
    return params ? [{ route, params }] : []
  })
  if (matching.length === 0) {
    const shape = routes.some(({ path }) => paramsOf(path.replace('{n}', '{c}'), segments) !== undefined)
    return { found: 'nothing', shape }
  }
  const wanted = method === 'HEAD' ? 'GET' : method
  const hit = matching.find(({ route }) => route.method === wanted)
  if (hit) return { found: 'route', ...hit }
  const methods = matching.map(({ route }) => route.method)
  const withHead = methods.includes('GET') ? ['HEAD', ...methods] : methods
  return { found: 'path', methods: [...withHead, 'OPTIONS'] }
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
