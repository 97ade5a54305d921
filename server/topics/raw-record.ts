import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'

type Batch = FetchedPartition['batches'][number]

/** A record as it came; the bytes are views into the fetched answer and keep it in memory. */
export interface RawRecord {
  partition: number
  offset: number
  timestamp: number
  key: Buffer | null
  value: Buffer | null
  headers: { name: string; value: Uint8Array | null }[]
}

/** The wanted records of a fetched partition in their order, those before the offset `below`. */
export function* recordsOf(fetched: FetchedPartition, below = Number.POSITIVE_INFINITY): Generator<RawRecord> {
  for (const batch of fetched.batches) {
    if (batch.baseOffset >= below) return
    yield* recordsOfBatch(fetched, batch, below)
  }
}

export function* recordsOfBatch(
  { partition, startOffset }: FetchedPartition,
  batch: Batch,
  below = Number.POSITIVE_INFINITY,
): Generator<RawRecord> {
  const index = batch.index()
  for (let i = 0; i < index.count; i++) {
    const offset = index.offset(i)
    if (offset < startOffset) continue
    if (offset >= below) return
    yield {
      partition,
      offset,
      timestamp: index.timestamp[i] ?? -1,
      key: index.key(i),
      value: index.value(i),
      headers: index.headers(i),
    }
  }
}

/** How many wanted records a batch has; its header tells, unless it begins before the first wanted one. */
export function countOf({ startOffset }: FetchedPartition, batch: Batch): number {
  if (batch.baseOffset >= startOffset) return batch.count
  const index = batch.index()
  let count = 0
  for (let i = 0; i < index.count; i++) if (index.offset(i) >= startOffset) count++
  return count
}

export const bytesOf = ({ batches }: FetchedPartition): number =>
  batches.reduce((sum, batch) => sum + batch.bytes.length, 0)

/** Bytes of key, value and headers. */
export function sizeOf({ key, value, headers }: RawRecord): number {
  const ofHeaders = headers.reduce((sum, each) => sum + Buffer.byteLength(each.name) + (each.value?.length ?? 0), 0)
  return (key?.length ?? 0) + (value?.length ?? 0) + ofHeaders
}
