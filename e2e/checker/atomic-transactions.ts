import { type CreateCheck, each } from '#e2e/checker/check.ts'
import { createNumberSet } from '#e2e/checker/number-set.ts'

/**
 * I13: at a cut, what readers of committed records see ends exactly where the committed offset does: neither a record without
 * its offset nor an offset without its record.
 */
export const atomicTransactions: CreateCheck = (report) => {
  const streams = each(() => ({ arrived: createNumberSet(), dropped: createNumberSet(), committed: -1 }))
  return {
    see(one) {
      if (one.kind === 'arrived' && one.place === 'topic') streams.of(one.stream).arrived.add(one.seqno)
      else if (one.kind === 'settled' && one.dropped) streams.of(one.stream).dropped.add(one.seqno)
      else if (one.kind === 'source offset') streams.of(one.stream).committed = one.seqno ?? -1
      else if (one.kind === 'cut') {
        const { arrived, dropped, committed } = streams.of(one.stream)
        const last = (arrived.ranges.at(-1)?.[1] ?? 0) - 1
        if (last > committed) report(`${one.stream} ${last} is visible, and only ${committed} is committed`)
        let missing = arrived.firstMissing(0, committed + 1)
        while (missing !== undefined && dropped.has(missing)) missing = arrived.firstMissing(missing + 1, committed + 1)
        if (missing !== undefined) report(`${one.stream} ${committed} is committed, and ${missing} is not visible`)
      }
    },
  }
}
