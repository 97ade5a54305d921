import type { TailPlace } from '#server/contract/topics.ts'
import { mergeNewest, type Placed } from '#server/topics/merge.ts'

/**
 * What a tail has read and what became of it. At every frame, delivered + filtered + skipped is the number of records read
 * since the tail began, and the place is the one after all of them.
 */
export interface TailLedger<R extends Placed> {
  /** A partition that is followed from now on. */
  follow(partition: number, offset: number): void
  /** Takes in what was read of a partition up to, not including, the offset `next`. */
  read(partition: number, next: number, sifted: { kept: readonly R[]; filtered: number; skipped: number }): void
  /**
   * Delivers the newest of what is waiting, at most `records` of them and about `bytes`, and skips the rest; a single
   * record is delivered whatever its size. Partitions are merged by time.
   */
  frame(most: { records: number; bytes: number }): { records: R[]; place: TailPlace }
  /** The offset that each followed partition goes on with. */
  readonly next: ReadonlyMap<number, number>
}

export interface TailLedgerOptions<R> {
  before: Pick<TailPlace, 'delivered' | 'filtered' | 'skipped'>
  /** I12: no more records than this wait for a frame; older ones are skipped at once. */
  mostWaiting: number
  sizeOf: (record: R) => number
}

export function createTailLedger<R extends Placed>(options: TailLedgerOptions<R>): TailLedger<R> {
  const next = new Map<number, number>()
  let { delivered, filtered, skipped } = options.before
  let waiting = new Map<number, readonly R[]>()
  let waitingCount = 0

  /** Keeps the newest of those waiting. */
  function keep(most: number) {
    if (waitingCount <= most) return
    const kept = mergeNewest([...waiting.values()], most)
    skipped += waitingCount - kept.length
    waitingCount = kept.length
    waiting = Map.groupBy(kept, ({ partition }) => partition)
  }

  function newestWithin(bytes: number): number {
    const newestFirst = mergeNewest([...waiting.values()], waitingCount).toReversed()
    let left = bytes
    const tooMany = newestFirst.findIndex((record, i) => {
      left -= options.sizeOf(record)
      return left < 0 && i > 0
    })
    return tooMany === -1 ? waitingCount : tooMany
  }

  return {
    next,
    follow(partition, offset) {
      next.set(partition, offset)
    },
    read(partition, after, sifted) {
      next.set(partition, after)
      filtered += sifted.filtered
      skipped += sifted.skipped
      waiting.set(partition, [...(waiting.get(partition) ?? []), ...sifted.kept])
      waitingCount += sifted.kept.length
      keep(options.mostWaiting)
    },
    frame(most) {
      keep(most.records)
      keep(newestWithin(most.bytes))
      const records = mergeNewest([...waiting.values()], waitingCount)
      delivered += records.length
      waiting = new Map()
      waitingCount = 0
      const places = [...next].map(([partition, offset]) => ({ partition, offset }))
      return { records, place: { delivered, filtered, skipped, next: places } }
    },
  }
}
