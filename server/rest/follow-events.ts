import { ConnectError, messageOf } from '#server/contract/errors.ts'
import type { EventEntry } from '#server/contract/events.ts'
import { EVENT_STREAM, fromEventStream } from '#server/rest/event-stream.ts'

/** How long nobody may answer before that is an error; a worker that restarts is waited for. */
const giveUpAfterMs = 30_000
const againMs = 500

/**
 * Follows a stream of entries on whichever worker answers; when one goes away, the next is asked for what comes after the
 * last entry that was seen. Ends when the signal aborts; throws UNSUPPORTED where the workers have no such stream.
 */
export async function* followEvents(
  urls: readonly string[],
  path: string,
  after: string | undefined,
  options: { signal: AbortSignal; headers?: Record<string, string> | undefined },
): AsyncGenerator<EventEntry> {
  const { signal } = options
  let last = after
  let failingSince: number | undefined
  for (let at = 0; !signal.aborted; at = (at + 1) % urls.length) {
    const url = `${urls[at]?.replace(/\/+$/, '')}${path}`
    const headers = { ...options.headers, accept: EVENT_STREAM, ...(last !== undefined && { 'last-event-id': last }) }
    try {
      const response = await fetch(url, { headers, signal, redirect: 'error' })
      if (response.status === 404 || response.status === 406) {
        throw new ConnectError('UNSUPPORTED', 'This cluster does not offer this: it is not run by Sluice.')
      }
      if (!response.ok || !response.body) throw new Error(`${url} answered ${response.status}`)
      failingSince = undefined
      for await (const entry of fromEventStream(response.body)) {
        last = entry.id
        yield entry
      }
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof ConnectError) throw error
      failingSince ??= performance.now()
      if (performance.now() - failingSince > giveUpAfterMs) {
        const message = `No worker answered at ${urls.join(', ')}: ${messageOf(error)}`
        throw new ConnectError('WORKER_UNREACHABLE', message, { cause: error })
      }
    }
    await pause(signal)
  }
}

const pause = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, againMs)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
