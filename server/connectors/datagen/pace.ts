/** Says when records are due. Times are milliseconds since the epoch. */
export interface Pace {
  /** The times of the records that are due at `now`, oldest first, at most `most`. Each is handed out once. */
  take(now: number, most: number): number[]
  /** How long it is worth waiting at `now` before something is due. */
  waitMs(now: number): number
}

/** What is made up for after a pause, of the machine or of a slow Kafka: no more than this much of the past. */
const catchUpMs = 1_000
/** Records that come faster than this come a few at a time. */
const tickMs = 20

/** One record every `intervalMs`, the first at `firstAt`. */
export function createPace({ firstAt, intervalMs }: { firstAt: number; intervalMs: number }): Pace {
  /** Time may have been suspended, or set back: what is due next is never far from now. */
  const near = (due: number, now: number) => Math.min(Math.max(due, now - catchUpMs), now + intervalMs)
  let dueAt = firstAt

  return {
    take(now, most) {
      dueAt = near(dueAt, now)
      const times: number[] = []
      while (dueAt <= now && times.length < most) {
        times.push(dueAt)
        dueAt += intervalMs
      }
      return times
    },
    waitMs(now) {
      dueAt = near(dueAt, now)
      return dueAt <= now ? 0 : Math.max(dueAt - now, intervalMs < tickMs ? tickMs : 0)
    },
  }
}
