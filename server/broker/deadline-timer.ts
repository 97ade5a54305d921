import type { Clock } from '#server/contract/clock.ts'

/** Calls `onDue` when the nearest of many deadlines has come, with one timer for all of them. */
export interface DeadlineTimer {
  /** To be called whenever a nearer deadline may have come up. */
  rearm(): void
  close(): void
}

/** @param now of the clock by which `nearest` tells its time. */
export function createDeadlineTimer(
  clock: Pick<Clock, 'sleep'>,
  now: () => number,
  nearest: () => number | undefined,
  onDue: () => void,
): DeadlineTimer {
  let timer: { at: number; abort: AbortController } | undefined
  let closed = false

  /** Sleeps until the nearest deadline of all; an earlier one replaces the sleep. */
  function rearm() {
    if (closed) return
    const at = nearest() ?? Number.POSITIVE_INFINITY
    // A later deadline than the one slept for costs one early look, which is cheaper than a new timer a heartbeat.
    if (timer && timer.at <= at) return
    timer?.abort.abort()
    timer = undefined
    if (at === Number.POSITIVE_INFINITY) return
    const mine = { at, abort: new AbortController() }
    timer = mine
    void clock.sleep(Math.max(1, at - now()), mine.abort.signal).then(() => {
      if (mine.abort.signal.aborted) return
      timer = undefined
      onDue()
      rearm()
    })
  }

  return {
    rearm,
    close() {
      closed = true
      timer?.abort.abort()
    },
  }
}
