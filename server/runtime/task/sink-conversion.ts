import type { Clock } from '#server/contract/clock.ts'
import type { FetchedPartition } from '#server/kafka/fetcher.ts'
import { RetryLater } from '#server/runtime/task/retry-later.ts'
import { type Slicing, toSlices } from '#server/runtime/task/sink-slices.ts'
import type { ConversionPending } from '#server/sdk/conversion-pending.ts'
import { type SinkBatch, sinkBatch } from '#server/sdk/records.ts'

/** Fetched records on their way to being a batch. */
export interface SinkConversion {
  /**
   * The batch, the same one whenever it is asked for. Rejects as `ConversionPending.settle` does when a converter has to
   * ask first and cannot; asked again, it goes on where it stopped, so no record is reported or left out twice. Undefined
   * while a record waits for its next try: the task does not wait here, because its group may need it meanwhile.
   */
  batch(signal: AbortSignal): Promise<SinkBatch | undefined>
  /** Milliseconds until the record that waits may be tried again. */
  waitMs(): number
}

export function convertFetched(
  fetched: readonly FetchedPartition[],
  slicing: Slicing,
  clock: Pick<Clock, 'now'>,
): SinkConversion {
  const work = steps(fetched, slicing)
  let pending: ConversionPending | undefined
  let made: SinkBatch | undefined
  const waitMs = () => (pending instanceof RetryLater ? Math.max(0, pending.due - clock.now()) : 0)
  return {
    waitMs,
    async batch(signal) {
      while (!made) {
        if (waitMs() > 0) return undefined
        await pending?.settle(signal)
        pending = undefined
        const step = work.next()
        if (step.done) made = step.value
        else pending = step.value
      }
      return made
    },
  }
}

function* steps(fetched: readonly FetchedPartition[], slicing: Slicing): Generator<ConversionPending, SinkBatch> {
  const slices = []
  for (const part of fetched) slices.push(...(yield* toSlices(part, slicing)))
  return sinkBatch(slices)
}
