import type { Clock } from '#server/contract/clock.ts'

interface Sleeper {
  until: number
  wake(): void
}

/** A clock that a test moves. Chance is always one half, so a back-off lasts exactly what it says. */
export interface FakeClock extends Clock {
  /** Moves time on step by step; after each sleeper that wakes, everything that follows from it has run. */
  pass(ms: number): Promise<void>
  /** Sets the time of day forward, or back, while no time passes. */
  jump(ms: number): void
  /** How long those who sleep will sleep on, shortest first. */
  sleeping(): number[]
}

export function createFakeClock(startAt = 1_760_000_000_000): FakeClock {
  let now = startAt
  let jumped = 0
  const sleepers = new Set<Sleeper>()
  const next = () => [...sleepers].sort((a, b) => a.until - b.until)[0]
  return {
    now: () => now + jumped,
    monotonic: () => now,
    random: () => 0.5,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const sleeper: Sleeper = {
          until: now + ms,
          wake() {
            sleepers.delete(sleeper)
            signal?.removeEventListener('abort', sleeper.wake)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake)
      }),
    async pass(ms) {
      const end = now + ms
      await settled()
      for (let first = next(); first && first.until <= end; first = next()) {
        now = first.until
        first.wake()
        await settled()
      }
      now = end
      await settled()
    },
    jump(ms) {
      jumped += ms
    },
    sleeping: () => [...sleepers].map(({ until }) => until - now).sort((a, b) => a - b),
  }
}

/** Resolves when everything has run that waits for nothing but its turn. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
