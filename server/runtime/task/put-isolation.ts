import { createLeaveOutAllowance } from '#server/core/put-isolation.ts'
import type { ErrantRecords } from '#server/runtime/task/errant-records.ts'
import { partitionKey } from '#server/runtime/task/sink-offsets.ts'
import { isRetriable } from '#server/sdk/data-error.ts'
import { type SinkBatch, type SinkRecord, type SinkSlice, sinkBatch } from '#server/sdk/records.ts'

/** A `put` that finds out for which records it fails, and goes on without them. */
export interface PutIsolation {
  /**
   * Puts the batch, and where that fails its halves, and theirs, in order: what cannot be put by itself is reported and left
   * out. Rejects with what is retriable, and when more would be left out than may be. Asked again about the same batch, it
   * leaves out at once what it found before.
   */
  put(batch: SinkBatch): Promise<void>
  /** The batch is done with. */
  done(): void
}

/** One record of a batch. */
interface Place {
  slice: SinkSlice
  at: number
}

export function createPutIsolation(options: {
  put(batch: SinkBatch): Promise<void>
  report: ErrantRecords['report']
  mostPercent: number
  /** What was left out of a batch, and why the last of it was. */
  onLeftOut(records: readonly SinkRecord[], error: unknown): void
  /** Once it aborts nothing more is put (I7). */
  signal: AbortSignal
}): PutIsolation {
  const { signal } = options
  const allowance = createLeaveOutAllowance(options.mostPercent)
  /** By the slice that a record is in; slices stay the same however often a batch is asked for. */
  let leftOut = new Map<SinkSlice, Set<number>>()
  let found: SinkRecord[] = []
  let last: unknown

  async function tryPut(batch: SinkBatch): Promise<unknown> {
    signal.throwIfAborted()
    try {
      await options.put(batch)
      allowance.taken(batch.count)
      return undefined
    } catch (error) {
      if (isRetriable(error) || signal.aborted) throw error
      // Undefined may be thrown, too.
      return error ?? new Error('put failed without a reason')
    }
  }

  async function divide(places: readonly Place[], error: unknown): Promise<void> {
    const [only] = places
    if (!only) throw error
    if (places.length === 1) return leaveOut(only, error)
    const middle = places.length >> 1
    for (const half of [places.slice(0, middle), places.slice(middle)]) {
      const failure = await tryPut(batchOf(half))
      if (failure !== undefined) await divide(half, failure)
    }
  }

  function leaveOut({ slice, at }: Place, error: unknown): void {
    if (!allowance.spend()) {
      throw new Error('More records cannot be put than may be left out of this connector.', { cause: error })
    }
    const record = slice.record(at)
    // Its dead letter is waited for before anything is committed.
    options.report(record, error).catch(() => undefined)
    const among = leftOut.get(slice) ?? new Set()
    leftOut.set(slice, among.add(at))
    found.push(record)
    last = error
  }

  function tell() {
    if (found.length > 0) options.onLeftOut(found, last)
    found = []
  }

  return {
    async put(batch) {
      try {
        const failure = await tryPut(leftOut.size === 0 ? batch : batchOf(placesOf(batch, leftOut)))
        if (failure !== undefined) await divide(placesOf(batch, leftOut), failure)
      } finally {
        tell()
      }
    },
    done() {
      if (leftOut.size > 0) leftOut = new Map()
    },
  }
}

function placesOf(batch: SinkBatch, without: ReadonlyMap<SinkSlice, ReadonlySet<number>>): Place[] {
  return batch.slices.flatMap((slice) =>
    Array.from({ length: slice.count }, (_, at) => ({ slice, at })).filter(({ at }) => !without.get(slice)?.has(at)),
  )
}

/** Records of one partition stay together, in their order. */
function batchOf(places: readonly Place[]): SinkBatch {
  return sinkBatch([...Map.groupBy(places, ({ slice }) => slice)].map(([slice, of]) => partOf(slice, of)))
}

function partOf(slice: SinkSlice, places: readonly Place[]): SinkSlice {
  if (places.length === slice.count) return slice
  const records = places.map(({ at }) => slice.record(at))
  const { topic, partition } = slice
  return {
    ...{ topic, partition, count: records.length },
    firstOffset: offsetOf(records[0]) ?? slice.firstOffset,
    nextOffset: (offsetOf(records.at(-1)) ?? slice.nextOffset - 1) + 1,
    record(i) {
      const record = records[i]
      if (!record) throw new RangeError(`no record ${i} of ${records.length}`)
      return record
    },
    texts: () => undefined,
  }
}

const offsetOf = (record: SinkRecord | undefined) => record?.origin?.offset ?? record?.offset

/** `orders-0@12`, as people are told of a record. */
export const placeOf = ({ origin, ...record }: SinkRecord): string => {
  const { offset, ...partition } = origin ?? record
  return `${partitionKey(partition)}@${offset}`
}
