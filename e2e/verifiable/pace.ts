/** How many records are due: `throughput` a second since the start, and never more at once than `most`. */
export interface Pace {
  /** Records due at `now` that were not taken before. */
  take(now: number, most: number): number
  /** How long until another is due. */
  waitMs(now: number): number
}

export function createPace(startedAt: number, throughput: number): Pace {
  const limited = throughput > 0
  let taken = 0
  return {
    take(now, most) {
      const due = limited ? Math.floor(((now - startedAt) / 1_000) * throughput) + 1 - taken : most
      const count = Math.max(0, Math.min(due, most))
      taken += count
      return count
    },
    waitMs: (now) => (limited ? Math.max(0, startedAt + (taken / throughput) * 1_000 - now) : 0),
  }
}
