import { ConnectError } from '#server/contract/errors.ts'
import type { EventEntry, EventPage, EventQuery } from '#server/contract/events.ts'
import { eventFilter } from '#server/core/event-filter.ts'
import type { EventWindow, PlacedEvent } from '#server/core/event-window.ts'

/** Where entries stand that memory no longer holds: a topic, or a worker's disk. */
export interface EventHistory {
  /** The position at which memory began: what stands before was never in it. */
  followedFrom(): number
  /** Where the oldest entry stands that is still kept. */
  earliest(): Promise<number>
  /** Where to begin so that a reading up to `position` is worth its while and not too long. */
  stepBefore(position: number): number
  /**
   * The entries at positions from `from` up to, but without, `to`; what was deleted meanwhile is left out. Of those that are not
   * about `connector`, where that is given, some may be left out as well.
   */
  read(from: number, to: number, signal: AbortSignal, connector?: string): Promise<(PlacedEvent & { bytes: number })[]>
}

/** Bytes after which a page is given as it is: a search goes on with the next one. */
const mostBytes = 16 * 1024 * 1024

/**
 * One page of what is wanted: from memory first, then backwards through what is kept. A short page with an `older` means
 * that a search has come so far and may go on.
 */
export async function readPage(
  window: EventWindow,
  history: EventHistory | undefined,
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
    if (wanted(entry) && found.push(entry) >= query.limit)
      return page(history || hasOlder(window, below) ? below : null)
  }
  if (!history) return page(null)
  below = Math.min(below, window.oldest() ?? history.followedFrom())

  const earliest = await history.earliest()
  for (let bytes = 0; below > earliest && !signal.aborted; ) {
    const from = Math.max(earliest, history.stepBefore(below))
    const step = await history.read(from, below, signal, query.connector)
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
