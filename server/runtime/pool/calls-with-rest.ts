import type { Clock } from '#server/contract/clock.ts'
import type { PoolSlot } from '#server/runtime/pool/pool-slot.ts'
import type { PoolThread } from '#server/runtime/pool/pool-thread.ts'

/**
 * Calls to the thread of a place, which is let go when it was asked nothing for `restAfterMs` and nothing runs on it: a
 * worker without connectors is smaller by what a thread needs. The next call starts another thread.
 */
export function callsWithRest(options: {
  slot: { thread(): Pick<PoolThread, 'call'> } & Pick<PoolSlot, 'rest'>
  /** Whether anything runs on the thread between two calls. */
  inUse(): boolean
  restAfterMs: number
  closeWithinMs: number
  /** Nobody rests any more. */
  closing: AbortSignal
  clock: Clock
}): PoolThread['call'] {
  const { slot, clock } = options
  let underWay = 0
  let quiet = new AbortController()

  async function restLater() {
    quiet = new AbortController()
    const signal = AbortSignal.any([quiet.signal, options.closing])
    await clock.sleep(options.restAfterMs, signal)
    if (!signal.aborted && !options.inUse()) await slot.rest(options.closeWithinMs)
  }

  return (method, ...args) => {
    quiet.abort()
    const answer = slot.thread().call(method, ...args)
    underWay++
    return answer.finally(() => {
      if (--underWay === 0) void restLater()
    })
  }
}
