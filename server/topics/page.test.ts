import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeNewest, mergeOldest, type Placed } from '#server/topics/merge.ts'
import { createPage } from '#server/topics/page.ts'
import { logs } from '#server/topics/testdata/logs.ts'

/** Reads partitions in pieces in any order, each until the page has settled it, and counts what was read. */
function fill(
  keep: 'oldest' | 'newest',
  lists: Placed[][],
  limit: number,
  pieces: { partition: number; size: number }[],
) {
  const page = createPage<Placed>(keep, limit)
  const left = lists.map((list) => [...list])
  const open = new Set(lists.keys())
  let read = 0
  const step = ({ partition, size }: { partition: number; size: number }) => {
    const rest = left[partition]
    if (!rest || !open.has(partition)) return
    const piece = keep === 'oldest' ? rest.splice(0, size) : rest.splice(Math.max(0, rest.length - size))
    read += piece.length
    page.add(partition, piece)
    const reached = keep === 'oldest' ? piece.at(-1) : piece[0]
    if (rest.length === 0 || page.settled(partition, reached?.timestamp)) open.delete(partition)
  }
  for (const piece of pieces) step(piece)
  while (open.size > 0) for (const partition of [...open]) step({ partition, size: 1 })
  return { records: page.records(), read }
}

const pieces = fc.array(fc.record({ partition: fc.nat(3), size: fc.integer({ min: 1, max: 6 }) }), { maxLength: 12 })
const limits = fc.integer({ min: 1, max: 12 })

/** Where clocks never go back, what has been passed decides for what follows. */
const orderly = logs.map((lists) =>
  lists.map((list) =>
    list.map((record, i) => ({ ...record, timestamp: Math.max(...list.slice(0, i + 1).map((r) => r.timestamp)) })),
  ),
)

test('a page is the same however its partitions were read', () => {
  fc.assert(
    fc.property(orderly, limits, pieces, (lists, limit, steps) => {
      expect(fill('oldest', lists, limit, steps).records).toEqual(mergeOldest(lists, limit))
      expect(fill('newest', lists, limit, steps).records).toEqual(mergeNewest(lists, limit))
    }),
  )
})

test('one partition is read in the order of its offsets, also when its clock goes back', () => {
  fc.assert(
    fc.property(logs, limits, pieces, (lists, limit, steps) => {
      const [list = []] = lists
      const only = [list]
      const one = steps.map(({ size }) => ({ partition: 0, size }))
      expect(fill('oldest', only, limit, one).records).toEqual(list.slice(0, limit))
      expect(fill('newest', only, limit, one).records).toEqual(list.slice(-limit))
    }),
  )
})

test('a full page reads no further than it must', () => {
  const long = Array.from({ length: 1000 }, (_, i) => ({ partition: 0, offset: i, timestamp: i }))
  const other = Array.from({ length: 1000 }, (_, i) => ({ partition: 1, offset: i, timestamp: 10_000 + i }))
  expect(fill('oldest', [long, other], 10, []).read).toBeLessThan(30)
  expect(fill('newest', [long, other], 10, []).read).toBeLessThan(30)
})
