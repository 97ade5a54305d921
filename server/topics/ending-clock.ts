import type { Clock } from '#server/contract/clock.ts'

/**
 * A clock that runs out: once the signal aborts, no sleep lasts and every deadline has passed. Whoever waits by it, retries
 * included, ends at once, so that closing a reader never waits for a Kafka that is away.
 */
export function createEndingClock(clock: Clock, ended: AbortSignal): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => (ended.aborted ? Number.POSITIVE_INFINITY : clock.monotonic()),
    async sleep(ms, signal) {
      if (ended.aborted) return
      await clock.sleep(ms, signal ? AbortSignal.any([signal, ended]) : ended)
    },
    random: () => clock.random(),
  }
}
