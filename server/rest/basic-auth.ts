import { createHash, timingSafeEqual } from 'node:crypto'
import { type RestRequest, type RestResponse, respond } from '#server/rest/message.ts'

/** Answers a request that may go no further; undefined lets it pass. */
export type Guard = (request: RestRequest) => RestResponse | undefined

/**
 * Lets people in by name and password (Kafka: `BasicAuthSecurityRestExtension` with a `PropertyFileLoginModule`). The
 * answer to everybody else is Kafka Connect's, byte for byte, which has no `WWW-Authenticate`.
 */
export function createBasicAuth(credentials: ReadonlyMap<string, string>): Guard {
  return (request) => {
    const given = readBasic(request.headers.get('authorization'))
    const expected = given && credentials.get(given.user)
    // Comparing in constant time tells nothing about how much of a guess was right (S-12).
    if (given && same(given.password, expected ?? '') && expected !== undefined) return undefined
    const type = request.method === 'OPTIONS' ? 'text/plain' : 'application/json'
    return respond(401, 'User cannot access the resource.', { 'content-type': type })
  }
}

/** RFC 7617; undefined when the header is none of its kind. */
function readBasic(header: string | null): { user: string; password: string } | undefined {
  const [, encoded] = /^basic +([A-Za-z0-9+/=]+)\s*$/i.exec(header ?? '') ?? []
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 0 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) }
}

const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
const digest = (text: string) => createHash('sha256').update(text).digest()
