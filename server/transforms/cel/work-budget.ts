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

/** Between two looks at the clock: some microseconds of work, so that looking costs little beside it. */
export const stepsPerLook = 256

/**
 * S-20: a deadline that interrupts. The clock is looked at every `stepsPerLook` steps, so an evaluation ends that long after
 * its limit at the most. Time counts from the first look on: an evaluation of fewer steps never looks, and costs no clock.
 */
export function createWorkBudget({ limitMs, now }: WorkBudgetOptions): WorkBudget {
  const timeIsUp = new Error('The time is up')
  let left = 0
  let startedAt: number | undefined
  let over = false

  function look() {
    const at = now()
    startedAt ??= at
    over = at - startedAt >= limitMs
    left = over ? 0 : stepsPerLook
    if (over) throw timeIsUp
  }

  return {
    begin() {
      left = stepsPerLook
      startedAt = undefined
      over = false
    },
    spend(steps) {
      left -= steps
      if (left < 0) look()
    },
    get over() {
      return over
    },
  }
}

/** The time that this thread has worked, in milliseconds: waiting for a busy machine is not the work's fault. */
export function threadTimeMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
