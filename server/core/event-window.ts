import type { EventEntry } from '#server/contract/events.ts'

/** An entry and where it stands. */
export interface PlacedEvent {
  position: number
  entry: EventEntry
}

/**
 * The newest entries of one log, in order, bounded in number and in bytes (I12). Positions rise; when one does not, the
 * log began anew and so does the window.
 */
export interface EventWindow {
  /** `bytes` is what the entry takes as text. */
  add(placed: PlacedEvent, bytes: number): void
  /** The position of the oldest entry here; undefined while there is none. */
  oldest(): number | undefined
  /** After the newest entry that was ever here. */
  next(): number
  /** Those before `position`, newest first. */
  before(position: number): Iterable<PlacedEvent>
  /** Those from `position` on, oldest first. */
  from(position: number): PlacedEvent[]
}

export function createEventWindow(limits: { entries: number; bytes: number }): EventWindow {
  let kept: (PlacedEvent & { bytes: number })[] = []
  /** Everything in front of it was dropped; cleared once in a while, because shifting costs. */
  let first = 0
  let bytes = 0
  let next = 0

  function dropOldest(): void {
    while (first < kept.length - 1 && (kept.length - first > limits.entries || bytes > limits.bytes)) {
      bytes -= kept[first]?.bytes ?? 0
      first += 1
    }
    if (first * 2 < kept.length) return
    kept = kept.slice(first)
    first = 0
  }

  /** The index of the first entry at or after a position. */
  function indexOf(position: number): number {
    let low = first
    let high = kept.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((kept[middle]?.position ?? 0) < position) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    add({ position, entry }, size) {
      if (position < next) {
        kept = []
        first = 0
        bytes = 0
      }
      kept.push({ position, entry, bytes: size })
      bytes += size
      next = position + 1
      dropOldest()
    },
    oldest: () => kept[first]?.position,
    next: () => next,
    *before(position) {
      for (let index = indexOf(position) - 1; index >= first; index--) {
        const found = kept[index]
        if (found) yield found
      }
    },
    from: (position) => kept.slice(indexOf(position)),
  }
}
