/** How many lines a writer may add: so many a second on average, and so many at once. */
export interface LineBudgetLimits {
  perSecond: number
  atOnce: number
}

/** Counts lines of each writer against its budget, and what was over it. Who is silent is forgotten. */
export interface LineBudget {
  /** Whether one more line of this writer is within its budget at `now` (ms). */
  take(writer: string, now: number): boolean
  /** How many lines of each writer were over its budget since this was last asked. */
  takeDropped(): ReadonlyMap<string, number>
}

export function createLineBudget({ perSecond, atOnce }: LineBudgetLimits): LineBudget {
  const left = new Map<string, { lines: number; at: number }>()
  let dropped = new Map<string, number>()
  let sweptAt = 0
  /** After this long a budget is full again, whatever was taken. */
  const fullAfterMs = (atOnce / perSecond) * 1_000

  function sweep(now: number): void {
    if (now - sweptAt < fullAfterMs) return
    sweptAt = now
    for (const [writer, { at }] of left) if (now - at >= fullAfterMs) left.delete(writer)
  }

  return {
    take(writer, now) {
      sweep(now)
      const known = left.get(writer)
      const grown = known ? known.lines + (Math.max(0, now - known.at) / 1_000) * perSecond : atOnce
      const lines = Math.min(atOnce, grown)
      const within = lines >= 1
      left.set(writer, { lines: within ? lines - 1 : lines, at: now })
      if (!within) dropped.set(writer, (dropped.get(writer) ?? 0) + 1)
      return within
    },
    takeDropped() {
      const taken = dropped
      dropped = new Map()
      return taken
    },
  }
}
