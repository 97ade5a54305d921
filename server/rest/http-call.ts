import { ConnectError, type ErrorCode, errorCatalog, messageOf } from '#server/contract/errors.ts'
import { ERROR_CODE_HEADER } from '#server/rest/forward.ts'
import { kafkaLimits, parseJson, toJson } from '#server/rest/json-text.ts'
import { type Fetch, workerFetch } from '#server/rest/worker-fetch.ts'

export interface HttpCallOptions {
  /** Longer than the worker's own timeout, so that its words arrive. */
  timeoutMs?: number
  /** Sent with every request: credentials of a JVM cluster. */
  headers?: Record<string, string>
  /** Ends what is under way when it aborts. */
  signal?: AbortSignal
}

export interface WorkerRequest {
  method: string
  headers: Record<string, string>
  body?: Uint8Array<ArrayBuffer>
  signal: AbortSignal
}

export interface HttpAnswer {
  status: number
  /** Parsed; undefined for an empty body. */
  json: unknown
}

export type HttpCall = (method: string, path: string, body?: unknown) => Promise<HttpAnswer>

/**
 * Calls the first worker that answers. A request that may have been carried out is not sent again to another worker:
 * changes move on only when the connection could not be made at all.
 */
export function createHttpCall(urls: readonly string[], options: HttpCallOptions = {}): HttpCall {
  let last = 0
  return async (method, path, body) => {
    const failures: unknown[] = []
    for (let i = 0; i < urls.length; i++) {
      const index = (last + i) % urls.length
      try {
        const answer = await callOnce(`${urls[index]?.replace(/\/+$/, '')}${path}`, method, body, options)
        last = index
        return answer
      } catch (error) {
        if (error instanceof ConnectError) throw error
        failures.push(error)
        if (method !== 'GET' && !neverConnected(error)) break
      }
    }
    const reasons = failures.map((error) => reasonOf(error)).join('; ')
    throw new ConnectError('WORKER_UNREACHABLE', `No worker answered at ${urls.join(', ')}: ${reasons}`, {
      cause: failures[0],
    })
  }
}

function callOnce(url: string, method: string, body: unknown, options: HttpCallOptions): Promise<HttpAnswer> {
  return sendRequest(url, {
    method,
    headers: { ...options.headers },
    ...(body !== undefined && { body: new TextEncoder().encode(toJson(body)) }),
    signal: AbortSignal.any([
      AbortSignal.timeout(options.timeoutMs ?? 100_000),
      ...(options.signal ? [options.signal] : []),
    ]),
  })
}

/** One request to one worker. Rejects with the worker's own error as a `ConnectError`, or with what `reach` threw. */
export async function sendRequest(
  url: string,
  request: WorkerRequest,
  reach: Fetch = workerFetch,
): Promise<HttpAnswer> {
  const { body, headers, ...rest } = request
  const hasBody = body !== undefined && body.byteLength > 0
  const response = await reach(url, {
    ...rest,
    headers: { accept: 'application/json', ...headers, ...(hasBody && { 'content-type': 'application/json' }) },
    ...(hasBody && { body }),
  })
  const text = await response.text()
  const json = text === '' ? undefined : readAnswer(text, url, response.status)
  // A worker that is starting, or whose loop hangs, says so in a body of its own shape.
  if (response.ok || (url.endsWith('/health') && typeof json === 'object')) return { status: response.status, json }
  throw answeredError(response, json)
}

function readAnswer(text: string, url: string, status: number): unknown {
  try {
    return parseJson(text, 'exact', { ...kafkaLimits, depth: 64, keys: 10_000_000, anyKey: true })
  } catch (cause) {
    throw new ConnectError('WORKER_UNREACHABLE', `${url} answered ${status} with something that is not JSON.`, {
      cause,
    })
  }
}

/** The error that a worker answered; its code comes along from our own workers and is guessed from the words of others. */
function answeredError(response: Response, json: unknown): ConnectError {
  const message =
    typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string'
      ? json.message
      : `HTTP ${response.status}`
  const given = response.headers.get(ERROR_CODE_HEADER)
  const code =
    given !== null && Object.hasOwn(errorCatalog, given) ? (given as ErrorCode) : guess(response.status, message)
  return new ConnectError(code, message, { status: response.status })
}

const words: readonly [number, RegExp, ErrorCode][] = [
  [404, /^HTTP 404/, 'ROUTE_NOT_FOUND'],
  [404, /^Unknown plugin/, 'PLUGIN_NOT_FOUND'],
  [404, /^Logger |^invalid log level/, 'LOGGER_NOT_FOUND'],
  [404, /^(No status found for task|Unknown task)/, 'TASK_NOT_FOUND'],
  [404, /^(No status found|Status for connector)/, 'STATUS_NOT_FOUND'],
  [404, /./, 'CONNECTOR_NOT_FOUND'],
  [409, /already exists$/, 'CONNECTOR_EXISTS'],
  [409, /./, 'REBALANCE_EXPECTED'],
  [400, /^Connector configuration is invalid/, 'CONFIG_INVALID'],
  [400, /./, 'BAD_REQUEST'],
  [500, /^Request timed out/, 'REQUEST_TIMED_OUT'],
  [500, /^Failed to start/, 'START_FAILED'],
  [500, /^Worker is shutting down/, 'WORKER_STOPPING'],
]

const guess = (status: number, message: string): ErrorCode =>
  words.find(([code, pattern]) => code === status && pattern.test(message))?.[2] ?? 'INTERNAL'

const refusals = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_SOCKET_CONNECTION_TIMEOUT',
])

const neverConnected = (error: unknown): boolean => refusals.has(codeOf(error))

function codeOf(error: unknown): string {
  const first = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error && 'code' in first ? String(first.code) : ''
}

const reasonOf = (error: unknown): string => codeOf(error) || messageOf(error)
