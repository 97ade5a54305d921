import { ConnectError } from '#server/contract/errors.ts'
import type { EventEntry, EventPage, EventQuery } from '#server/contract/events.ts'
import { eventFilter } from '#server/core/event-filter.ts'
import type { EventWindow } from '#server/core/event-window.ts'
import type { EventTopic } from '#server/runtime/events/event-topic.ts'

/** Entries that are read of the topic at once, and bytes after which a page is given as it is: a search goes on with the next one. */
const stepEntries = 1_000
const mostBytes = 16 * 1024 * 1024

/**
 * One page of what is wanted: from memory first, then backwards through the topic. A short page with an `older` means
 * that a search has come so far and may go on.
 */
export async function readPage(
  window: EventWindow,
  topic: Pick<EventTopic, 'read' | 'earliest' | 'followedFrom'> | undefined,
  query: EventQuery,
  signal: AbortSignal,
): Promise<Pick<EventPage, 'entries' | 'older'>> {
  const wanted = eventFilter(query)
  const found: EventEntry[] = []
  let below = query.before === undefined ? Number.POSITIVE_INFINITY : cursorOf(query.before)
  const isOver = (entry: EventEntry) => query.since !== undefined && entry.at < query.since - clockSkewMs
  const page = (older: number | null) => ({
    entries: found.toReversed(),
    older: older === null || older <= 0 ? null : String(older),
  })

  for (const { position, entry } of window.before(below)) {
    if (isOver(entry)) return page(null)
    below = position
    if (wanted(entry) && found.push(entry) >= query.limit) return page(topic || hasOlder(window, below) ? below : null)
  }
  if (!topic) return page(null)
  below = Math.min(below, window.oldest() ?? topic.followedFrom())

  const earliest = await topic.earliest()
  for (let bytes = 0; below > earliest && !signal.aborted; ) {
    const from = Math.max(earliest, below - stepEntries)
    const step = await topic.read(from, below, signal)
    for (const placed of step.toReversed()) {
      if (isOver(placed.entry)) return page(null)
      below = placed.position
      bytes += placed.bytes
      if (wanted(placed.entry) && found.push(placed.entry) >= query.limit) return page(below > earliest ? below : null)
    }
    below = from
    if (bytes > mostBytes) return page(below > earliest ? below : null)
  }
  return page(null)
}

/** Entries stand in the order in which they arrived; clocks of workers differ, and entries wait for Kafka. */
const clockSkewMs = 120_000

const hasOlder = (window: EventWindow, position: number) => (window.oldest() ?? position) < position

function cursorOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new ConnectError('BAD_REQUEST', `'before' has to be the 'older' of another page.`)
}
