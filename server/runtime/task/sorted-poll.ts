import type { ConvertedRecord } from '#server/runtime/task/source-conversion.ts'
import type { OffsetMap, SourceRecord } from '#server/sdk/records.ts'

/** The records of one poll that go to one topic partition, in their order. */
export interface Bucket {
  topic: string
  partition: number
  records: ConvertedRecord[]
  /** For each batch made of them: whether all of it is done with, sent or left out. */
  outcomes: Promise<boolean>[]
}

/** How far one poll got in a source partition: everything up to `offset` is in these buckets. */
export interface Progress {
  partition: OffsetMap
  offset: OffsetMap | null
  buckets: Set<Bucket>
}

/** The records of one poll, sorted by where they go and by where they come from. */
export interface SortedPoll {
  add(record: ConvertedRecord, partition: number): void
  /** A record that tolerance leaves out is done with, too: its offset counts. */
  leaveOut(record: SourceRecord): void
  buckets(): readonly Bucket[]
  progress(): readonly Progress[]
}

export function createSortedPoll(): SortedPoll {
  const buckets = new Map<string, Bucket>()
  const progress = new Map<string, Progress>()

  function note({ sourcePartition, sourceOffset }: SourceRecord, bucket?: Bucket) {
    if (!sourcePartition) return
    const key = JSON.stringify(sourcePartition)
    const known = progress.get(key) ?? { partition: sourcePartition, offset: sourceOffset, buckets: new Set() }
    known.offset = sourceOffset
    if (bucket) known.buckets.add(bucket)
    progress.set(key, known)
  }

  return {
    add(record, partition) {
      const { topic } = record
      const key = `${topic}-${partition}`
      const bucket = buckets.get(key) ?? { topic, partition, records: [], outcomes: [] }
      buckets.set(key, bucket)
      bucket.records.push(record)
      note(record.source, bucket)
    },
    leaveOut: (record) => note(record),
    buckets: () => [...buckets.values()],
    progress: () => [...progress.values()],
  }
}
