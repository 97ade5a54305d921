import type { Clock } from '#server/contract/clock.ts'

/** A clock on which waiting takes no time: a sleep moves it forward, and `passed` tells what every sleep asked for. */
export interface LeapingClock extends Clock {
  readonly passed: readonly number[]
  /** Moves the time of day without anybody sleeping: a suspended machine, or with a negative number a clock that was set back. */
  leap(ms: number): void
}

/** Starts at `at`, milliseconds since the epoch; chance follows from `seed`. */
export function leapingClock(at = Date.UTC(2026, 0, 1), seed = 1): LeapingClock {
  let now = at
  let elapsed = 0
  let state = seed >>> 0
  const passed: number[] = []
  return {
    passed,
    now: () => now,
    monotonic: () => elapsed,
    async sleep(ms, signal) {
      // Somebody else's turn first, so that an endless wait can be aborted.
      await new Promise((resolve) => setImmediate(resolve))
      if (signal?.aborted) return
      passed.push(ms)
      now += ms
      elapsed += ms
    },
    random() {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state / 2 ** 32
    },
    leap(ms) {
      now += ms
    },
  }
}
