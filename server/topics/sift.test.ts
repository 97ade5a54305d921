import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sift } from '#server/topics/sift.ts'
import { fetchedOf } from '#server/topics/testdata/logs.ts'

const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 })
const isEven = ({ value }: { value: Buffer | null }) => Number(value) % 2 === 0

test('every wanted record is kept, filtered or skipped, and the newest are kept in order', () => {
  fc.assert(
    fc.property(sizes, fc.nat(10), fc.nat(12), fc.boolean(), (batches, start, most, filtering) => {
      const total = batches.reduce((sum, size) => sum + size, 0)
      const wanted = Array.from({ length: total }, (_, i) => i).filter((offset) => offset >= start)
      const matching = filtering ? wanted.filter((offset) => offset % 2 === 0) : wanted
      const fetched = fetchedOf(batches, start)
      const { kept, filtered, skipped } = sift(fetched, filtering ? isEven : undefined, most)
      expect(kept.map(({ offset }) => offset)).toEqual(matching.slice(Math.max(0, matching.length - most)))
      expect(kept.map(({ value }) => Number(value))).toEqual(kept.map(({ offset }) => offset))
      expect(filtered).toBe(wanted.length - matching.length)
      expect(kept.length + filtered + skipped).toBe(wanted.length)
    }),
  )
})

test('batches that are too old to be kept are not unpacked', () => {
  const fetched = fetchedOf([100, 100, 100], 0)
  const unpacked: number[] = []
  const batches = fetched.batches.map((batch) => ({
    ...batch,
    index() {
      unpacked.push(batch.baseOffset)
      return batch.index()
    },
  }))
  const { kept, skipped } = sift({ ...fetched, batches }, undefined, 50)
  expect([kept.length, skipped, unpacked]).toEqual([50, 250, [200]])
})
