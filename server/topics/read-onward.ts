import type { Placed } from '#server/topics/merge.ts'
import { createPage } from '#server/topics/page.ts'
import { recordsOf } from '#server/topics/raw-record.ts'
import type { Wanted } from '#server/topics/read-newest.ts'
import { type Stretch, scan } from '#server/topics/scan.ts'
import type { LogReader } from '#server/topics/session.ts'

/** The first `limit` records of the stretches. */
export async function readOnward<R extends Placed>(
  reader: LogReader,
  stretches: readonly Stretch[],
  { topic, filter, limit, keep, budget }: Wanted<R>,
): Promise<R[]> {
  if (limit === 0) return []
  const page = createPage<R>('oldest', limit)
  await scan(reader, topic, stretches, budget, (fetched, below) => {
    const kept: R[] = []
    let reached: number | undefined
    for (const record of recordsOf(fetched, below)) {
      reached = record.timestamp
      if (!filter || filter(record)) kept.push(keep(record))
      // One more than fits: the page is to know that there were more.
      if (kept.length > limit) break
    }
    page.add(fetched.partition, kept)
    return !page.settled(fetched.partition, reached)
  })
  return page.records()
}
