import type { Clock } from '#server/contract/clock.ts'

/** Waits for work at most this long, in milliseconds; the work itself goes on. True when it was over in time. */
export async function within(clock: Pick<Clock, 'sleep'>, ms: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController()
  const late = clock.sleep(ms, over.signal).then(() => false)
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    over.abort()
  }
}
