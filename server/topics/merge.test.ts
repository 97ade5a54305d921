import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeNewest, mergeOldest } from '#server/topics/merge.ts'
import { logs } from '#server/topics/testdata/logs.ts'

const everything = Number.POSITIVE_INFINITY

test('each partition keeps its order, and nothing is lost or made up', () => {
  fc.assert(
    fc.property(logs, (lists) => {
      for (const merged of [mergeOldest(lists, everything), mergeNewest(lists, everything)]) {
        for (const [partition, list] of lists.entries()) {
          expect(merged.filter((record) => record.partition === partition)).toEqual(list)
        }
        expect(merged).toHaveLength(lists.flat().length)
      }
    }),
  )
})

test('a limit keeps the beginning of the oldest, and the end of the newest', () => {
  fc.assert(
    fc.property(logs, fc.nat(20), (lists, limit) => {
      expect(mergeOldest(lists, limit)).toEqual(mergeOldest(lists, everything).slice(0, limit))
      const newest = mergeNewest(lists, everything)
      expect(mergeNewest(lists, limit)).toEqual(newest.slice(Math.max(0, newest.length - limit)))
    }),
  )
})

test('partitions whose clocks go forward come out in the order of time', () => {
  const lists = [
    [1, 4, 9],
    [2, 3, 8],
  ].map((times, partition) => times.map((timestamp, offset) => ({ partition, offset, timestamp })))
  expect(mergeOldest(lists, 4).map(({ timestamp }) => timestamp)).toEqual([1, 2, 3, 4])
  expect(mergeNewest(lists, 4).map(({ timestamp }) => timestamp)).toEqual([3, 4, 8, 9])
})
