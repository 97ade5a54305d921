import type { Clock } from '#server/contract/clock.ts'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import { RetryLater } from '#server/runtime/task/retry-later.ts'
import { partitionKey } from '#server/runtime/task/sink-offsets.ts'
import { type Slicing, toSlices } from '#server/runtime/task/sink-slices.ts'
import type { ConversionPending } from '#server/sdk/conversion-pending.ts'
import { type SinkBatch, type SinkSlice, sinkBatch, type TopicPartition } from '#server/sdk/records.ts'

/** Fetched records on their way to being a batch. */
export interface SinkConversion {
  /** What it is about. */
  readonly fetched: readonly FetchedPartition[]
  /**
   * The batch, the same one whenever it is asked for. Rejects as `ConversionPending.settle` does when a converter has to
   * ask first and cannot; asked again, it goes on where it stopped, so no record is reported or left out twice. Undefined
   * while a record waits for its next try: the task does not wait here, because its group may need it meanwhile.
   */
  batch(signal: AbortSignal): Promise<SinkBatch | undefined>
  /** Milliseconds until the record that waits may be tried again. */
  waitMs(): number
  /** What it waits for, in words. */
  waitsFor(): string
  /** Leaves these partitions out from here on: they went elsewhere. */
  withdraw(partitions: readonly TopicPartition[]): void
}

interface Part {
  fetched: FetchedPartition
  work: Generator<ConversionPending, SinkSlice[]>
  slices?: SinkSlice[]
}

export function convertFetched(
  fetched: readonly FetchedPartition[],
  slicing: Slicing,
  clock: Pick<Clock, 'monotonic'>,
): SinkConversion {
  let parts = fetched.map((part): Part => ({ fetched: part, work: toSlices(part, slicing) }))
  let pending: { of: Part; conversion: ConversionPending } | undefined
  let made: SinkBatch | undefined
  const waitMs = () =>
    pending?.conversion instanceof RetryLater ? Math.max(0, pending.conversion.due - clock.monotonic()) : 0

  function goOn(part: Part) {
    const step = part.work.next()
    if (step.done) part.slices = step.value
    else pending = { of: part, conversion: step.value }
  }

  return {
    get fetched() {
      return parts.map((part) => part.fetched)
    },
    waitMs,
    waitsFor: () => pending?.conversion.message ?? 'it goes on',
    async batch(signal) {
      while (!made) {
        if (waitMs() > 0) return undefined
        await pending?.conversion.settle(signal)
        pending = undefined
        const next = parts.find(({ slices }) => !slices)
        if (next) goOn(next)
        else made = sinkBatch(parts.flatMap(({ slices }) => slices ?? []))
      }
      return made
    },
    withdraw(partitions) {
      const gone = new Set(partitions.map(partitionKey))
      parts = parts.filter((part) => !gone.has(partitionKey(part.fetched)))
      if (pending && !parts.includes(pending.of)) pending = undefined
      made = undefined
    },
  }
}
