import { ConnectError, messageOf } from '#server/contract/errors.ts'
import type { RestRequest } from '#server/rest/message.ts'
import type { Fetch } from '#server/rest/worker-fetch.ts'

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
  /** How other workers are reached. */
  fetch: Fetch
}

/** Sluice's own error code of an answer, beside Kafka's error body. */
export const ERROR_CODE_HEADER = 'Sluice-Error-Code'

/**
 * Sends a request on to the worker that may answer it, as Kafka Connect does: two hops at most, told by `forward`
 * (absent, `true`, `false`), and of all headers only Authorization is copied.
 */
export async function forwardRequest(
  request: RestRequest,
  { path, body, target, signal, fetch }: ForwardOptions,
): Promise<Forwarded> {
  const here = new URL(request.url)
  const hop = here.searchParams.get('forward')
  if (hop !== null && hop !== 'true') {
    throw new ConnectError(
      'NOT_LEADER',
      'Cannot complete request because of a conflicting operation (e.g. worker rebalance)',
    )
  }
  const query = new URLSearchParams(here.searchParams)
  query.set('forward', hop === null ? 'true' : 'false')
  const url = `${target.replace(/\/+$/, '')}${path}?${query}`
  const authorization = request.headers.get('authorization')
  try {
    const response = await fetch(url, {
      method: request.method,
      headers: {
        ...(authorization !== null && { authorization }),
        ...(body.byteLength > 0 && { 'content-type': 'application/json' }),
      },
      ...(body.byteLength > 0 && { body }),
      signal,
    })
    return {
      status: response.status,
      body: new Uint8Array(await response.arrayBuffer()),
      contentType: response.headers.get('content-type'),
      code: response.headers.get(ERROR_CODE_HEADER),
    }
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause !== undefined ? messageOf(cause.cause) : messageOf(cause)
    throw new ConnectError('FORWARD_FAILED', `IO Error trying to forward REST request: ${reason}`, { cause })
  }
}
