import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import { takeRecords } from '#server/kafka/take-records.ts'
import { encodeBatch, readBatches } from '#server/protocol/record-batch.ts'

/** Batches of so many records each, one behind the other from offset 0. */
function fetchedOf(sizes: readonly number[], startOffset = 0): FetchedPartition {
  let base = 0
  const batches = sizes.flatMap((size) => {
    const records = Array.from({ length: size }, (_, i) => ({ key: null, value: Buffer.from(`${base + i}`) }))
    const bytes = encodeBatch(records, { timestamp: 1 })
    bytes.writeBigInt64BE(BigInt(base), 0)
    base += size
    return [...readBatches(bytes, { verifyCrc: true })]
  })
  return { topic: 't', partition: 0, highWatermark: base, batches, startOffset, nextOffset: base }
}

const offsetsOf = ({ batches, startOffset, nextOffset }: FetchedPartition) =>
  batches.flatMap((batch) => {
    const index = batch.index()
    return Array.from({ length: index.count }, (_, i) => index.offset(i)).filter(
      (offset) => offset >= startOffset && offset < nextOffset,
    )
  })

test('in pieces of any size the same records come in the same order, each piece as large as it may be', () =>
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 6 }),
      fc.nat(5),
      fc.integer({ min: 1, max: 9 }),
      (sizes, skipped, most) => {
        const all = fetchedOf(sizes, skipped)
        const seen: number[] = []
        let at = all.startOffset
        for (let rest: FetchedPartition | undefined = all; rest; ) {
          const piece = takeRecords(rest, most)
          const offsets = offsetsOf(piece.taken)
          expect(piece.count).toBe(offsets.length)
          if (piece.rest) expect(piece.count).toBe(most)
          // Positions join without a gap.
          expect(piece.taken.startOffset).toBe(at)
          at = piece.taken.nextOffset
          seen.push(...offsets)
          rest = piece.rest
        }
        expect(at).toBe(all.nextOffset)
        expect(seen).toEqual(offsetsOf(all))
      },
    ),
  ))

test('without a limit nothing is looked at', () => {
  const all = fetchedOf([3, 3])
  expect(takeRecords(all, Number.POSITIVE_INFINITY)).toEqual({ taken: all, count: 0, rest: undefined })
})
