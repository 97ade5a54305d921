import { type Clock, systemClock } from '#server/contract/clock.ts'

/** A clock by which one length of time is over when a test says so, and every other passes by itself. */
export function blockClock(blockMs: number) {
  const waiting = new Set<() => void>()
  const clock: Clock = {
    ...systemClock,
    sleep(ms, signal) {
      if (ms !== blockMs) return systemClock.sleep(ms, signal)
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
