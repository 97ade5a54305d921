import type { FetchedPartition } from '#server/kafka/fetcher.ts'
import { type Slicing, toSlices } from '#server/runtime/task/sink-slices.ts'
import type { ConversionPending } from '#server/sdk/conversion-pending.ts'
import { type SinkBatch, sinkBatch } from '#server/sdk/records.ts'

/** Fetched records on their way to being a batch. */
export interface SinkConversion {
  /**
   * The batch, the same one whenever it is asked for. Rejects as `ConversionPending.settle` does when a converter has to
   * ask first and cannot; asked again, it goes on where it stopped, so no record is reported or left out twice.
   */
  batch(signal: AbortSignal): Promise<SinkBatch>
}

export function convertFetched(fetched: readonly FetchedPartition[], slicing: Slicing): SinkConversion {
  const work = steps(fetched, slicing)
  let pending: ConversionPending | undefined
  let made: SinkBatch | undefined
  return {
    async batch(signal) {
      while (!made) {
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
