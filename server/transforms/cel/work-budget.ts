/** How much one evaluation may do. Whoever works says so, a little at a time, and is stopped where it is when time is up. */
export interface WorkBudget {
  /** A new evaluation begins. */
  begin(): void
  /** Before so many steps of work; a step is what takes about 50 ns. Throws when the time is up, from then on always. */
  spend(steps: number): void
  /** Whether the time of this evaluation is up. */
  readonly over: boolean
}

export interface WorkBudgetOptions {
  limitMs: number
  /** Milliseconds; only differences count. */
  now(): number
}

/** Between two looks at the clock: some microseconds of work, so that looking costs nothing beside it. */
export const stepsPerLook = 256

/**
 * S-20: a deadline that interrupts. The clock is looked at every `stepsPerLook` steps, so an evaluation ends that long after
 * its limit at the most, and one of fewer steps is never stopped. What passes between two looks counts for a quarter of the
 * limit at most: a machine that stands still for a moment is not the work's fault.
 */
export function createWorkBudget({ limitMs, now }: WorkBudgetOptions): WorkBudget {
  const longestLookMs = limitMs / 4
  const timeIsUp = new Error('The time is up')
  let left = 0
  let lookedAt = 0
  let usedMs = 0

  function look() {
    const at = now()
    usedMs += Math.min(at - lookedAt, longestLookMs)
    lookedAt = at
    left = stepsPerLook
    if (usedMs < limitMs) return
    left = 0
    throw timeIsUp
  }

  return {
    begin() {
      left = stepsPerLook
      usedMs = 0
      lookedAt = now()
    },
    spend(steps) {
      left -= steps
      if (left < 0) look()
    },
    get over() {
      return usedMs >= limitMs
    },
  }
}
