import type { Clock } from '#server/contract/clock.ts'

/** How much one page may cost: a rare word in a huge topic ends with what was found so far. */
export interface Budget {
  spend(bytes: number): void
  readonly spent: boolean
}

export interface BudgetLimits {
  /** Bytes of record batches as they are stored. */
  bytes: number
  ms: number
}

export const pageBudget: BudgetLimits = { bytes: 128 * 1024 * 1024, ms: 10_000 }

export function createBudget(clock: Clock, limits: BudgetLimits): Budget {
  const deadline = clock.monotonic() + limits.ms
  let bytesLeft = limits.bytes
  return {
    spend(bytes) {
      bytesLeft -= bytes
    },
    get spent() {
      return bytesLeft <= 0 || clock.monotonic() >= deadline
    },
  }
}
