import type { TailEvent, TopicRecord } from '#server/contract/topics.ts'

/** What is on the screen, and what the counters say. A new object only when something changed. */
export interface TailView {
  rows: readonly TopicRecord[]
  /** Records received while paused that will be shown on resume. */
  waiting: number
  /** Records that the ring let go: seen earlier, or too old when the pause ended. */
  dropped: number
  delivered: number
  filtered: number
  skipped: number
  behind: number
  paused: boolean
}

export interface TailRing {
  push(event: TailEvent): void
  pause(): void
  /** `continue` shows what arrived meanwhile from where the pause began, `jump` only what comes from now on. */
  resume(how: 'continue' | 'jump'): void
  clear(): void
  view(): TailView
  subscribe(listener: () => void): () => void
}

/**
 * The newest `capacity` records of a tail, kept outside React. I12: memory is bounded however long and fast the tail runs.
 * The counters add up at every moment: delivered = rows + waiting + dropped.
 * `paint` calls back once, before the next frame: a burst of events costs one render.
 */
export function createTailRing(capacity: number, paint: (draw: () => void) => void): TailRing {
  const listeners = new Set<() => void>()
  let rows: TopicRecord[] = []
  let waiting: TopicRecord[] = []
  let counters = { filtered: 0, skipped: 0, behind: 0 }
  let received = 0
  let paused = false
  let asked = false
  let shown: TailView = snapshot()

  function snapshot(): TailView {
    return {
      rows,
      waiting: waiting.length,
      dropped: received - rows.length - waiting.length,
      ...counters,
      delivered: received,
      paused,
    }
  }

  function changed() {
    if (asked) return
    asked = true
    paint(() => {
      asked = false
      shown = snapshot()
      for (const listener of listeners) listener()
    })
  }

  /** A stream that was opened again begins with records that stand here already. */
  function unseen(records: readonly TopicRecord[]): TopicRecord[] {
    const last = new Map<number, number>()
    for (const { partition, offset } of [...rows, ...waiting]) last.set(partition, offset)
    return records.filter(({ partition, offset }) => offset > (last.get(partition) ?? -1))
  }

  const newest = (all: TopicRecord[]) => (all.length > capacity ? all.slice(-capacity) : all)

  return {
    push(event) {
      const begins = event.delivered === event.records.length
      const fresh = begins ? unseen(event.records) : event.records
      counters = { filtered: event.filtered, skipped: event.skipped, behind: event.behind }
      received += fresh.length
      if (paused) waiting = newest([...waiting, ...fresh])
      else rows = newest([...rows, ...fresh])
      changed()
    },
    pause() {
      paused = true
      changed()
    },
    resume(how) {
      rows = how === 'continue' ? newest([...rows, ...waiting]) : []
      waiting = []
      paused = false
      changed()
    },
    clear() {
      rows = []
      waiting = []
      received = 0
      counters = { filtered: 0, skipped: 0, behind: 0 }
      changed()
    },
    view: () => shown,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
