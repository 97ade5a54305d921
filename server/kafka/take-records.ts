import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'

/** The first records of what was fetched, at most so many, and what is left; undefined when nothing is. */
export function takeRecords(
  fetched: FetchedPartition,
  most: number,
): { taken: FetchedPartition; count: number; rest: FetchedPartition | undefined } {
  if (most === Number.POSITIVE_INFINITY) return { taken: fetched, count: 0, rest: undefined }
  let count = 0
  for (const [nth, batch] of fetched.batches.entries()) {
    const index = batch.index()
    for (let at = 0; at < index.count; at++) {
      const offset = index.offset(at)
      if (offset < fetched.startOffset) continue
      if (count < most) {
        count++
        continue
      }
      const first = at === 0 || index.offset(at - 1) < fetched.startOffset
      const taken = { ...fetched, batches: fetched.batches.slice(0, first ? nth : nth + 1), nextOffset: offset }
      return { taken, count, rest: { ...fetched, batches: fetched.batches.slice(nth), startOffset: offset } }
    }
  }
  return { taken: fetched, count, rest: undefined }
}
