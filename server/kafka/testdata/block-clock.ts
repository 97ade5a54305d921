import { type Clock, systemClock } from '#server/contract/clock.ts'

/** Nothing else waits for so long. */
export const maxBlockMs = 10_000_000
const least = maxBlockMs / 2

/** A clock by which `maxBlockMs`, and what is left of it, is over when a test says so; all other time passes by itself. */
export function blockClock() {
  const waiting = new Set<() => void>()
  const clock: Clock = {
    ...systemClock,
    sleep(ms, signal) {
      if (ms > maxBlockMs || ms < least) return systemClock.sleep(ms, signal)
      return new Promise((resolve) => {
        const done = () => {
          waiting.delete(done)
          resolve()
        }
        waiting.add(done)
        signal?.addEventListener('abort', done)
      })
    },
  }
  return {
    clock,
    expire() {
      for (const done of [...waiting]) done()
    },
  }
}
