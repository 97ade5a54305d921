import type { Clock } from '#server/contract/clock.ts'
import { ConnectError, type ErrorCode, messageOf } from '#server/contract/errors.ts'
import type { Herder, InternalHerder } from '#server/contract/herder.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { Guard } from '#server/rest/basic-auth.ts'
import { createCors } from '#server/rest/cors.ts'
import { EVENT_STREAM } from '#server/rest/event-stream.ts'
import { ERROR_CODE_HEADER, type Forwarded, forwardRequest } from '#server/rest/forward.ts'
import { kafkaLimits, safeLimits, toJson } from '#server/rest/json-text.ts'
import { type Match, matchRoute } from '#server/rest/match-route.ts'
import { acceptsEvents, acceptsJson, sendsJson } from '#server/rest/media-type.ts'
import { type RestRequest, type RestResponse, respond } from '#server/rest/message.ts'
import { createBodyReader } from '#server/rest/read-body.ts'
import { PathError, rawPath, segmentsOf } from '#server/rest/request-path.ts'
import { type Stage, withRequestTimeout } from '#server/rest/request-timeout.ts'
import { applyHeaderRules, type HeaderRule } from '#server/rest/response-headers.ts'
import type { Answer, Route } from '#server/rest/route.ts'
import { routes } from '#server/rest/routes.ts'
import { createSafeDoor } from '#server/rest/safe-door.ts'
import { checkSignature, SIGNATURE_HEADER } from '#server/rest/signature.ts'
import { type Fetch, workerFetch } from '#server/rest/worker-fetch.ts'

export interface RestOptions {
  herder: Herder
  /** Absent in standalone mode, where no other worker asks. */
  internal?: InternalHerder
  /** `safe` adds Host and Origin checks and tighter limits; `compat` behaves as Kafka Connect does. */
  profile: 'compat' | 'safe'
  clock: Clock
  logger: Logger
  /** Sluice's own version. */
  version: string
  /** Names by which this worker may be called in the safe profile, besides loopback. */
  allowedHosts?: readonly string[]
  requestTimeoutMs?: number
  /** What the worker is doing, for the message of a timeout. */
  stage?: () => Stage | undefined
  /** Everything that the worker measures, in Prometheus' text format; without it there is no such page. */
  metrics?: () => string
  /** `inter.worker.verification.algorithms`. */
  verificationAlgorithms?: readonly string[]
  allowOrigins?: readonly string[]
  allowMethods?: readonly string[]
  headerRules?: readonly HeaderRule[]
  bodyLimit?: number
  /** How other workers are reached: over TLS with the worker's own key and trust, when it has some. */
  fetch?: Fetch
  /** Looks at requests from outside before their route does (Kafka: `ConnectRestExtension`). */
  guard?: Guard
}

/**
 * Answers a request. `target` is what its request line named: a URL has resolved dot segments by then, which are
 * parts of names here.
 */
export type RestHandler = (request: RestRequest, target?: string) => Promise<RestResponse>

const MEBIBYTE = 1024 * 1024

/** The REST API as a function: a request in, a response out. `part` chooses what `admin.listeners` separates. */
export function createRestHandler(options: RestOptions, part: 'all' | 'admin' | 'without-admin' = 'all'): RestHandler {
  const { herder, internal, logger, clock, version } = options
  const safe = options.profile === 'safe'
  const cors = createCors({ origins: options.allowOrigins ?? [], methods: options.allowMethods ?? [] })
  const door = safe ? createSafeDoor({ allowedHosts: options.allowedHosts ?? [], cors }) : undefined
  const limits = safe ? safeLimits : kafkaLimits
  const bodyLimit = options.bodyLimit ?? (safe ? MEBIBYTE : 16 * MEBIBYTE)
  const readBody = createBodyReader({ limit: bodyLimit, together: 4 * bodyLimit })
  const permitted = options.verificationAlgorithms ?? ['HmacSHA256']
  const served = routes.filter(({ kind }) => part === 'all' || (kind === 'admin') === (part === 'admin'))

  /** Workers name any connector to each other, also one that Kafka's HTTP server would let nobody else name. */
  function find({ method, headers }: RestRequest, path: string): Match {
    const read = (strict: boolean) => matchRoute(served, method, segmentsOf(path, { strict }))
    if (safe) return read(false)
    if (headers.get(SIGNATURE_HEADER) !== null) {
      const between = read(false)
      if (between.found === 'route' && between.route.kind === 'internal') return between
    }
    return read(true)
  }

  async function answer(request: RestRequest, target: string): Promise<RestResponse> {
    const path = rawPath(target)
    door?.check(request)
    const { searchParams } = new URL(request.url)
    const match = find(request, path)
    if (match.found === 'nothing') throw framework('ROUTE_NOT_FOUND', 404, 'Not Found', match.shape)
    if (match.found === 'path') {
      if (request.method === 'OPTIONS') return options.guard?.(request) ?? allowed(match.methods)
      throw framework('METHOD_NOT_ALLOWED', 405, 'Method Not Allowed')
    }
    const { route, params } = match
    const accepts = route.streams ? acceptsEvents : acceptsJson
    if (!accepts(request.headers.get('accept'))) throw framework('BAD_REQUEST', 406, 'Not Acceptable')
    // What workers ask of each other is signed instead.
    const refused = route.kind === 'internal' ? undefined : options.guard?.(request)
    if (refused) return refused
    const bytes = takesBody(request) ? await readBody(request) : new Uint8Array(0)
    const mediaType = request.headers.get('content-type')
    if (takesBody(request) && !sendsJson(mediaType, bytes.byteLength > 0)) {
      throw framework('MEDIA_TYPE_UNSUPPORTED', 415, 'Unsupported Media Type', mediaType === null)
    }

    const body = { bytes, limits }
    const lastEventId = request.headers.get('last-event-id')
    const asked = { params, query: searchParams, body, lastEventId }
    const call = { ...asked, herder, internal, version, clock, metrics: options.metrics }
    const run = async () => {
      if (route.kind === 'internal') checkInternal(route, request, body)
      return route.run(call, ...params)
    }
    const timeoutMs = options.requestTimeoutMs ?? 90_000
    const leaving = new AbortController()
    try {
      const work = run().then(
        (result) => toResponse(request, result),
        async (error) => {
          if (!(error instanceof ConnectError) || error.forwardUrl === undefined) throw error
          const forwarded = await forwardRequest(request, {
            path,
            body: bytes,
            target: error.forwardUrl,
            signal: leaving.signal,
            over: error.forwardOver,
            clock,
            fetch: options.fetch ?? workerFetch,
          })
          // A leader that knows the route says in a code what else is not there; one of the JVM has no codes.
          const isUnknown =
            forwarded.status === 404 && (forwarded.code === null || forwarded.code === 'ROUTE_NOT_FOUND')
          const unknownThere = isUnknown && route.withoutLeader
          return unknownThere ? toResponse(request, await unknownThere(call)) : passedOn(request, forwarded)
        },
      )
      return await withRequestTimeout(work, { timeoutMs, clock, stage: options.stage ?? (() => undefined) })
    } finally {
      leaving.abort()
    }
  }

  function checkInternal(route: Route, request: RestRequest, body: { bytes: Uint8Array; limits: typeof limits }): void {
    if (!internal) return
    // As in Kafka, an unreadable body is told before the signature is looked at.
    route.check?.(body)
    checkSignature(request.headers, body.bytes, internal.sessionKey(), permitted)
  }

  function failed(request: RestRequest, error: unknown): RestResponse {
    // Kafka Connect's HTTP server refuses such a request before there is anybody who could say why.
    if (!safe && error instanceof PathError && request.method !== 'GET') return respond(400)
    if (error instanceof FrameworkError) return errorResponse(error.status, error.message, error.code, error.typed)
    if (error instanceof ConnectError) return errorResponse(error.status, error.message, error.code, true)
    logger.error('A request failed in a way nobody foresaw', { code: 'INTERNAL', error })
    return errorResponse(500, messageOf(error), 'INTERNAL', true)
  }

  return async (request, target = new URL(request.url).pathname) => {
    const response = await answer(request, target).catch((error) => failed(request, error))
    for (const [name, value] of cors.headers(request)) response.headers.set(name, value)
    applyHeaderRules(options.headerRules ?? [], response.headers, clock.now())
    if (request.method !== 'HEAD') return response
    return { ...response, body: null }
  }
}

/** An answer of the HTTP layer itself, which Kafka Connect sends without a content type unless a resource was found. */
class FrameworkError extends ConnectError {
  readonly typed: boolean

  constructor(code: ErrorCode, status: number, text: string, typed: boolean) {
    super(code, `HTTP ${status} ${text}`, { status })
    this.typed = typed
  }
}

const framework = (code: ErrorCode, status: number, text: string, typed = false) =>
  new FrameworkError(code, status, text, typed)

const takesBody = (request: RestRequest): boolean => request.method !== 'GET' && request.method !== 'HEAD'

const allowed = (methods: readonly string[]): RestResponse =>
  respond(200, methods.join(', '), { 'content-type': 'text/plain', allow: methods.join(',') })

function toResponse(request: RestRequest, { status, body, text, created, stream }: Answer): RestResponse {
  const location = created === undefined ? {} : { location: locationOf(request, created) }
  if (stream) return respond(status, stream, { 'content-type': EVENT_STREAM, 'cache-control': 'no-store' })
  if (text !== undefined) return respond(status, text.text, { ...location, 'content-type': text.type })
  if (body === undefined) return respond(status, null, location)
  return respond(status, toJson(body), { ...location, 'content-type': 'application/json' })
}

/** Where a created connector can be asked for, under the address that the client itself used. */
function locationOf(request: RestRequest, name: string): string {
  const path = encodeURI(name).replace(/[?#]/g, encodeURIComponent)
  return `${new URL(request.url).origin}/connectors/${path.replace(/^\//, '')}`
}

function passedOn(request: RestRequest, { status, body, contentType, code }: Forwarded): RestResponse {
  const response = respond(status, body.byteLength === 0 ? null : body)
  const { headers } = response
  if (contentType !== null) headers.set('content-type', contentType)
  if (code !== null) headers.set(ERROR_CODE_HEADER, code)
  if (status === 201) {
    const { name } = JSON.parse(new TextDecoder().decode(body)) as { name: string }
    headers.set('location', locationOf(request, name))
  }
  return response
}

function errorResponse(status: number, message: string, code: string, typed: boolean): RestResponse {
  const type = typed ? { 'content-type': 'application/json' } : {}
  return respond(status, toJson({ error_code: status, message }), { ...type, [ERROR_CODE_HEADER]: code })
}
