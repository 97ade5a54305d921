import { ConnectError } from '#server/contract/errors.ts'
import type { RestRequest } from '#server/rest/message.ts'

/** Which web origins may use the API (`access.control.allow.origin`, `access.control.allow.methods`). */
export interface Cors {
  allows(origin: string): boolean
  /** Headers for the answer to any request; those of a preflight say more. */
  headers(request: RestRequest): [string, string][]
}

const defaultMethods = ['HEAD', 'GET', 'POST']

/**
 * What the answers say is what Kafka Connect's HTTP server says (Jetty 12: `CrossOriginHandler`). An origin is written out,
 * with `*` for any text in it, or is a regular expression when it has any other of their signs.
 */
export function createCors(options: { origins: readonly string[]; methods: readonly string[] }): Cors {
  const patterns = options.origins.map(originPattern)
  const methods = options.methods.length > 0 ? options.methods : defaultMethods
  const allows = (origin: string) => patterns.some((pattern) => pattern.test(origin))
  return {
    allows,
    headers(request) {
      if (patterns.length === 0) return []
      const vary: [string, string] = ['Vary', 'Origin']
      const origin = request.headers.get('origin')
      if (origin === null || !allows(origin)) return [vary]
      const allowed: [string, string][] = [vary, ['Access-Control-Allow-Origin', origin]]
      if (!isPreflight(request)) return allowed
      return [
        ...allowed,
        ['Access-Control-Allow-Methods', methods.join(',')],
        ['Access-Control-Allow-Headers', 'Content-Type'],
        ['Access-Control-Max-Age', '60'],
      ]
    },
  }
}

const isPreflight = ({ method, headers }: RestRequest): boolean =>
  method === 'OPTIONS' && headers.has('access-control-request-method')

function originPattern(text: string): RegExp {
  const isExpression = /[\\()[\]{}|+?^$]|\.\*/.test(text)
  const source = isExpression ? text : text.replaceAll('.', '\\.').replaceAll('*', '.*')
  try {
    return new RegExp(`^(?:${source})$`)
  } catch (cause) {
    throw new ConnectError('SETTING_INVALID', `access.control.allow.origin holds "${text}", which is no pattern.`, {
      cause,
    })
  }
}
