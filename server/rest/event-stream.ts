import type { Clock } from '#server/contract/clock.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { EventEntry } from '#server/contract/events.ts'

export const EVENT_STREAM = 'text/event-stream'
/** Something is sent at least this often, so that neither end takes the other for dead. */
const aliveEveryMs = 15_000

/** Entries as server-sent events: the id is the entry's, the event its kind, the data its JSON. */
export async function* toEventStream(
  entries: AsyncIterable<EventEntry>,
  clock: Pick<Clock, 'sleep'>,
): AsyncGenerator<string> {
  yield ': what happens follows\n\n'
  const iterator = entries[Symbol.asyncIterator]()
  for (let next = iterator.next(); ; next = iterator.next()) {
    for (;;) {
      const told = new AbortController()
      const quiet = clock.sleep(aliveEveryMs, told.signal).then(() => undefined)
      const found = await Promise.race([next, quiet])
      told.abort()
      if (found?.done) return
      if (found) {
        const { id, kind } = found.value
        yield `id: ${id}\nevent: ${kind}\ndata: ${JSON.stringify(found.value)}\n\n`
        break
      }
      yield ': nothing new\n\n'
    }
  }
}

/** The entries of an answer of `toEventStream`; ends with it. */
export async function* fromEventStream(body: AsyncIterable<Uint8Array>): AsyncGenerator<EventEntry> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of body) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const data = part.split('\n').find((line) => line.startsWith('data: '))
      if (data) yield JSON.parse(data.slice('data: '.length)) as EventEntry
    }
  }
}

/** The id of the last entry that somebody has: of the header that browsers send when they come back, or of the query. */
export function lastSeen(header: string | null, query: URLSearchParams): string | undefined {
  const id = header || query.get('after') || undefined
  if (id === undefined || /^(own|\d+)-\d{1,15}$/.test(id)) return id
  throw new ConnectError('BAD_REQUEST', `'after' has to be the id of an entry.`)
}
