/** Which web origins may use the API (`access.control.allow.origin`, `access.control.allow.methods`). */
export interface Cors {
  allows(origin: string): boolean
  /** The answer to a preflight request; undefined when this is none or its origin is not allowed. */
  preflight(request: Request): Response | undefined
  /** Headers for the answer to a request with an Origin. */
  headers(request: Request): [string, string][]
}

const defaultMethods = ['GET', 'POST', 'HEAD']

export function createCors(options: { origins: readonly string[]; methods: readonly string[] }): Cors {
  const patterns = options.origins.map(
    (origin) =>
      new RegExp(
        `^${origin
          .split('*')
          .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
          .join('.*')}$`,
      ),
  )
  const methods = options.methods.length > 0 ? options.methods : defaultMethods
  const allows = (origin: string) => patterns.some((pattern) => pattern.test(origin))
  const headers = (request: Request): [string, string][] => {
    const origin = request.headers.get('origin')
    if (patterns.length === 0) return []
    const vary: [string, string] = ['Vary', 'Origin']
    return origin !== null && allows(origin) ? [['Access-Control-Allow-Origin', origin], vary] : [vary]
  }
  return {
    allows,
    headers,
    preflight(request) {
      const origin = request.headers.get('origin')
      const asked = request.headers.get('access-control-request-method')
      if (request.method !== 'OPTIONS' || asked === null || origin === null || !allows(origin)) return undefined
      return new Response(null, {
        headers: [
          ...headers(request),
          ['Access-Control-Allow-Methods', methods.join(',')],
          ['Access-Control-Allow-Headers', 'X-Requested-With,Content-Type,Accept,Origin'],
          ['Access-Control-Max-Age', '1800'],
        ],
      })
    },
  }
}
