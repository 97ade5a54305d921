import type { Clock } from '#server/contract/clock.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import type { RestRequest } from '#server/rest/message.ts'
import type { Fetch } from '#server/rest/worker-fetch.ts'

/** How long an answer may still be on its way of a leader who has just stopped. */
const lastAnswerMs = 1_000

export interface Forwarded {
  status: number
  body: Uint8Array<ArrayBuffer>
  contentType: string | null
  code: string | null
}

export interface ForwardOptions {
  /** The path as it was sent. */
  path: string
  body: Uint8Array<ArrayBuffer>
  /** The address of the other worker. */
  target: string
  signal: AbortSignal
  /** Aborts when the other worker no longer is the one to ask. */
  over?: AbortSignal | undefined
  clock: Pick<Clock, 'sleep'>
  /** How other workers are reached. */
  fetch: Fetch
}

/** Sluice's own error code of an answer, beside Kafka's error body. */
export const ERROR_CODE_HEADER = 'Sluice-Error-Code'

/**
 * Sends a request on to the worker that may answer it, as Kafka Connect does: two hops at most, told by `forward`
 * (absent, `true`, `false`), and of all headers only Authorization is copied. A worker that is frozen, or whose machine is gone, answers
 * nobody: once the group has given it up whoever asks is told to ask again, and does not wait until the request times out.
 */
export async function forwardRequest(
  request: RestRequest,
  { path, body, target, signal, over, clock, fetch }: ForwardOptions,
): Promise<Forwarded> {
  const here = new URL(request.url)
  const hop = here.searchParams.get('forward')
  if (hop !== null && hop !== 'true') {
    throw conflict()
  }
  const query = new URLSearchParams(here.searchParams)
  query.set('forward', hop === null ? 'true' : 'false')
  const url = `${target.replace(/\/+$/, '')}${path}?${query}`
  const authorization = request.headers.get('authorization')
  const givenUp = new AbortController()
  const giveUp = () => void clock.sleep(lastAnswerMs, signal).then(() => givenUp.abort())
  over?.addEventListener('abort', giveUp)
  if (over?.aborted) giveUp()
  try {
    const response = await fetch(url, {
      method: request.method,
      headers: {
        ...(authorization !== null && { authorization }),
        ...(body.byteLength > 0 && { 'content-type': 'application/json' }),
      },
      ...(body.byteLength > 0 && { body }),
      signal: AbortSignal.any([signal, givenUp.signal]),
    })
    return {
      status: response.status,
      body: new Uint8Array(await response.arrayBuffer()),
      contentType: response.headers.get('content-type'),
      code: response.headers.get(ERROR_CODE_HEADER),
    }
  } catch (cause) {
    if (givenUp.signal.aborted && !signal.aborted) throw conflict(cause)
    const reason = cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause)
    throw new ConnectError('FORWARD_FAILED', `IO Error trying to forward REST request: ${reason}`, { cause })
  } finally {
    over?.removeEventListener('abort', giveUp)
  }
}

const conflict = (cause?: unknown) =>
  new ConnectError('NOT_LEADER', 'Cannot complete request because of a conflicting operation (e.g. worker rebalance)', {
    cause,
  })
