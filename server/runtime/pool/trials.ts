import type { Clock } from '#server/contract/clock.ts'
import { callsWithRest } from '#server/runtime/pool/calls-with-rest.ts'
import type { PoolSlot, PoolSlotOptions } from '#server/runtime/pool/pool-slot.ts'
import { asClass } from '#server/runtime/pool/stage-board.ts'
import type { ThreadMethods } from '#server/runtime/pool/thread-call.ts'

type TrialMethod = 'preview' | 'testConnection'

const names: Record<TrialMethod, string> = { preview: 'preview', testConnection: 'connection test' }
/** See `createConnectorSlots`. */
const mostAsked = 5

/**
 * Previews and connection tests share a thread of their own: what is tried may get stuck as anything may, and must not hold up
 * what runs. Who did not cost the thread is tried again on the next one; who did is told what happened.
 */
export function createTrials(options: {
  open(more: Pick<PoolSlotOptions, 'onLost'>): PoolSlot
  restAfterMs: number
  closeWithinMs: number
  closing: AbortSignal
  clock: Clock
}) {
  let ending = ''
  const slot = options.open({
    onLost: ({ how }) => {
      ending = how
    },
  })
  const call = callsWithRest({ ...options, slot, inUse: () => false })

  return {
    slot,
    /** `className` is what the config calls the connector. */
    async ask<M extends TrialMethod>(
      className: string,
      method: M,
      ...args: Parameters<ThreadMethods[M]>
    ): Promise<Awaited<ReturnType<ThreadMethods[M]>>> {
      const who = asClass(className)
      for (let times = 1; ; ) {
        const thread = slot.thread()
        try {
          return await call(method, ...args)
        } catch (error) {
          if (!thread.over || options.closing.aborted) throw error
          if (thread.loading() !== undefined) continue // the package is left out now
          const toBlame = thread.underWay([who])[0] === who
          if (!toBlame && times++ < mostAsked) continue
          throw new Error(
            `The ${names[method]} of ${className} cost its thread while ${thread.newestStage()}. ${ending}`,
          )
        }
      }
    },
  }
}
