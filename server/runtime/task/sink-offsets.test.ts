import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSinkOffsets } from '#server/runtime/task/sink-offsets.ts'

const orders = { topic: 'orders', partition: 0 }
const other = { topic: 'orders', partition: 1 }

test('I6: nothing is committable beyond what was put, or of a partition that is not held', () => {
  fc.assert(
    fc.property(fc.nat(50), fc.integer({ min: 1, max: 50 }), fc.nat(120), (from, count, safe) => {
      const offsets = createSinkOffsets()
      offsets.delivered(orders, from, from + count)
      const { news, refused } = offsets.committable([
        { ...orders, offset: safe },
        { ...other, offset: 0 },
      ])
      const ahead = safe > from + count
      expect(refused).toEqual([...(ahead ? [{ ...orders, offset: safe }] : []), { ...other, offset: 0 }])
      expect(news).toEqual(ahead || safe === from ? [] : [{ ...orders, offset: safe }])
    }),
  )
})

test('what is committed is no news until more is put', () => {
  const offsets = createSinkOffsets()
  offsets.delivered(orders, 5, 8)
  offsets.committed(offsets.current())
  expect(offsets.committable(offsets.current()).news).toEqual([])
  offsets.delivered(orders, 8, 9)
  expect(offsets.committable(offsets.current()).news).toEqual([{ ...orders, offset: 9 }])
})

test('a rewind goes back to the last commit, and without one to where reading began', () => {
  const offsets = createSinkOffsets()
  offsets.delivered(orders, 5, 8)
  offsets.delivered(orders, 8, 12)
  expect(offsets.rewind()).toEqual([{ ...orders, offset: 5 }])
  offsets.delivered(orders, 5, 7)
  offsets.committed([{ ...orders, offset: 6 }])
  offsets.delivered(orders, 7, 9)
  expect(offsets.rewind()).toEqual([{ ...orders, offset: 6 }])
  expect(offsets.current()).toEqual([{ ...orders, offset: 6 }])
})

test('a seek counts as consumed and committed', () => {
  const offsets = createSinkOffsets()
  offsets.delivered(orders, 0, 10)
  offsets.sought(orders, 3)
  expect(offsets.committable([{ ...orders, offset: 10 }]).refused).toHaveLength(1)
  expect(offsets.rewind()).toEqual([{ ...orders, offset: 3 }])
})

test('partitions that went elsewhere are forgotten', () => {
  const offsets = createSinkOffsets()
  offsets.delivered(orders, 0, 10)
  offsets.delivered(other, 0, 4)
  offsets.forget([orders])
  expect(offsets.current()).toEqual([{ ...other, offset: 4 }])
  expect(offsets.current([orders])).toEqual([])
  offsets.committed([{ ...orders, offset: 10 }])
  expect(offsets.rewind()).toEqual([{ ...other, offset: 0 }])
})
