import type { EventEntry } from '#server/contract/events.ts'

/** Entries as they come, the newest of them kept, drawn once a frame: a burst costs one paint. */
export interface EventBuffer {
  push(entry: EventEntry): void
  clear(): void
  view(): readonly EventEntry[]
  subscribe(listener: () => void): () => void
}

export function createEventBuffer(capacity: number, schedule: (draw: () => void) => void): EventBuffer {
  let shown: readonly EventEntry[] = []
  let waiting: EventEntry[] = []
  let known = new Set<string>()
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of listeners) listener()
  }

  function draw(): void {
    shown = [...shown, ...waiting].slice(-capacity)
    waiting = []
    known = new Set(shown.map(({ id }) => id))
    tell()
  }

  return {
    push(entry) {
      // A stream that is taken up again may begin with what was seen.
      if (known.has(entry.id)) return
      known.add(entry.id)
      waiting.push(entry)
      if (waiting.length === 1) schedule(draw)
    },
    clear() {
      waiting = []
      known = new Set()
      if (shown.length === 0) return
      shown = []
      tell()
    },
    view: () => shown,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
