import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import type { RecordFilter } from '#server/topics/contains.ts'
import { countOf, type RawRecord, recordsOf, recordsOfBatch } from '#server/topics/raw-record.ts'

/** What became of the records of one fetched partition: each is kept, filtered or skipped. */
export interface Sifted {
  /** The newest that the filter lets through, in their order. */
  kept: RawRecord[]
  filtered: number
  skipped: number
}

/**
 * Keeps at most `most` records, the newest. Without a filter, batches that are too old to be kept are counted by their
 * headers and never unpacked, so that a tail keeps up with a topic far faster than anybody reads.
 */
export function sift(fetched: FetchedPartition, filter: RecordFilter | undefined, most: number): Sifted {
  return filter ? siftEach(fetched, filter, most) : siftNewest(fetched, most)
}

function siftNewest(fetched: FetchedPartition, most: number): Sifted {
  const newestFirst: RawRecord[][] = []
  let have = 0
  let skipped = 0
  for (const batch of fetched.batches.toReversed()) {
    if (have >= most) {
      skipped += countOf(fetched, batch)
      continue
    }
    const records = [...recordsOfBatch(fetched, batch)]
    const kept = records.slice(Math.max(0, records.length - (most - have)))
    skipped += records.length - kept.length
    have += kept.length
    newestFirst.push(kept)
  }
  return { kept: newestFirst.toReversed().flat(), filtered: 0, skipped }
}

function siftEach(fetched: FetchedPartition, filter: RecordFilter, most: number): Sifted {
  const matching: RawRecord[] = []
  let filtered = 0
  for (const record of recordsOf(fetched)) {
    if (filter(record)) matching.push(record)
    else filtered++
  }
  const kept = matching.slice(Math.max(0, matching.length - most))
  return { kept, filtered, skipped: matching.length - kept.length }
}
