import { mergeNewest, mergeOldest, type Placed } from '#server/topics/merge.ts'

/** The records of one page while partitions are being read. I12: it never keeps more than the page holds. */
export interface Page<R extends Placed> {
  /** Takes records of one partition that stand next to those it has: behind them (oldest) or before them (newest). */
  add(partition: number, records: readonly R[]): void
  /**
   * Whether reading further in a partition can no longer change the page, having come to a record of the time `reached`
   * there: either some of its records did not fit already, or the page is full and has gone past that time.
   */
  settled(partition: number, reached: number | undefined): boolean
  /** Oldest first. */
  records(): R[]
}

/** `oldest` keeps the first `limit` records of all partitions, which are read onward; `newest` the last, read backward. */
export function createPage<R extends Placed>(keep: 'oldest' | 'newest', limit: number): Page<R> {
  const lists = new Map<number, readonly R[]>()
  const overflowed = new Set<number>()
  const merge = keep === 'oldest' ? mergeOldest : mergeNewest
  let merged: R[] = []

  return {
    add(partition, records) {
      if (records.length === 0) return
      const had = lists.get(partition) ?? []
      lists.set(partition, keep === 'oldest' ? [...had, ...records] : [...records, ...had])
      merged = merge([...lists.values()], limit)
      const kept = Map.groupBy(merged, (record) => record.partition)
      for (const [each, list] of lists) {
        const fits = kept.get(each) ?? []
        if (fits.length < list.length) overflowed.add(each)
        lists.set(each, fits)
      }
    },
    settled(partition, reached) {
      if (overflowed.has(partition)) return true
      const edge = keep === 'oldest' ? merged.at(-1) : merged[0]
      if (merged.length < limit || edge === undefined || reached === undefined) return false
      return keep === 'oldest' ? reached > edge.timestamp : reached < edge.timestamp
    },
    records: () => merged,
  }
}
