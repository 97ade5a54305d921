/** An entry on its way to the topic or to the disk, as text. */
export interface WaitingEvent {
  key: string
  value: string
}

/**
 * What waits to be written, bounded in number and in bytes: the oldest goes first (I12). How many went is told once, by
 * `takeDropped`.
 */
export interface EventQueue<Event extends WaitingEvent = WaitingEvent> {
  add(event: Event): void
  /** Up to so many of the oldest; they are gone from here. */
  take(most: number): Event[]
  /** Back to the front, as long as there is room. */
  giveBack(events: readonly Event[]): void
  readonly size: number
  takeDropped(): number
}

export function createEventQueue<Event extends WaitingEvent = WaitingEvent>(limits: {
  entries: number
  bytes: number
}): EventQueue<Event> {
  let waiting: Event[] = []
  let bytes = 0
  let dropped = 0

  const sizeOf = ({ key, value }: Event) => key.length + value.length

  function trim(): void {
    let over = 0
    while (over < waiting.length && (waiting.length - over > limits.entries || bytes > limits.bytes)) {
      const oldest = waiting[over]
      bytes -= oldest ? sizeOf(oldest) : 0
      over += 1
    }
    if (over === 0) return
    waiting = waiting.slice(over)
    dropped += over
  }

  return {
    add(event) {
      waiting.push(event)
      bytes += sizeOf(event)
      trim()
    },
    take(most) {
      const taken = waiting.splice(0, most)
      for (const event of taken) bytes -= sizeOf(event)
      return taken
    },
    giveBack(events) {
      waiting = [...events, ...waiting]
      for (const event of events) bytes += sizeOf(event)
      trim()
    },
    get size() {
      return waiting.length
    },
    takeDropped() {
      const count = dropped
      dropped = 0
      return count
    },
  }
}
