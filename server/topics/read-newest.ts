import type { Budget } from '#server/topics/budget.ts'
import type { RecordFilter } from '#server/topics/contains.ts'
import type { Placed } from '#server/topics/merge.ts'
import type { OffsetRange } from '#server/topics/offsets.ts'
import { createPage } from '#server/topics/page.ts'
import { type RawRecord, recordsOf } from '#server/topics/raw-record.ts'
import { scan } from '#server/topics/scan.ts'
import type { LogReader } from '#server/topics/session.ts'

export interface Wanted<R extends Placed> {
  topic: string
  /** Undefined takes every record. */
  filter: RecordFilter | undefined
  limit: number
  /** What is kept of a record: not the record itself, which holds on to the answer that it came in. */
  keep: (record: RawRecord) => R
  budget: Budget
}

/**
 * A window with gaps (compaction, markers, filtered records) yields too little: the next one is so much wider, up to a width
 * of which a budget holds many.
 */
const growth = 4
const widest = 20_000

/** The last `limit` records before the ends of the ranges, read backward window by window. */
export async function readNewest<R extends Placed>(
  reader: LogReader,
  ranges: readonly OffsetRange[],
  { topic, filter, limit, keep, budget }: Wanted<R>,
): Promise<R[]> {
  if (limit === 0) return []
  const page = createPage<R>('newest', limit)
  let open = ranges.map(({ partition, start, end }) => ({ partition, start, to: end }))
  for (let width = limit; open.length > 0 && !budget.spent; width = Math.min(width * growth, widest)) {
    const windows = open.map(({ partition, start, to }) => ({
      partition,
      start,
      from: Math.max(start, to - width),
      to,
    }))
    const found = new Map<number, R[]>()
    const oldest = new Map<number, number>()
    const unfinished = await scan(reader, topic, windows, budget, (fetched, below) => {
      const kept = found.get(fetched.partition) ?? []
      for (const record of recordsOf(fetched, below)) {
        if (!oldest.has(fetched.partition)) oldest.set(fetched.partition, record.timestamp)
        if (!filter || filter(record)) kept.push(keep(record))
      }
      // One more than fits: the page is to know that there were more.
      found.set(fetched.partition, kept.slice(-(limit + 1)))
      return true
    })
    // Of a window that was read in part only its older records are known: newer ones would be missing between.
    for (const [partition, records] of found) if (!unfinished.has(partition)) page.add(partition, records)
    open = windows
      .map(({ partition, start, from }) => ({ partition, start, to: from }))
      .filter(({ partition, start, to }) => to > start && !page.settled(partition, oldest.get(partition)))
  }
  return page.records()
}
