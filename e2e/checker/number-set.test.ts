import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createNumberSet } from '#e2e/checker/number-set.ts'

const n = fc.integer({ min: 0, max: 40 })

test('answers as a set of every number would, in whatever order they come', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(n, fc.integer({ min: 0, max: 5 }))), n, n, (additions, from, end) => {
      const [numbers, all] = [createNumberSet(), new Set<number>()]
      for (const [low, length] of additions) {
        if (length === 0) {
          expect(numbers.add(low)).toBe(!all.has(low))
          all.add(low)
        } else {
          numbers.addRange(low, low + length)
          for (let i = low; i < low + length; i++) all.add(i)
        }
      }
      const asked = Array.from({ length: Math.max(0, end - from) }, (_, i) => from + i)
      const missing = asked.filter((i) => !all.has(i))
      expect(numbers.firstMissing(from, end)).toBe(missing[0])
      expect(numbers.countMissing(from, end)).toBe(missing.length)
      expect(numbers.ranges.reduce((sum, [low, high]) => sum + high - low, 0)).toBe(all.size)
      expect(numbers.has(from)).toBe(all.has(from))
    }),
  )
})

test('a million numbers without a gap are one range', () => {
  const numbers = createNumberSet()
  for (let i = 0; i < 1_000_000; i++) numbers.add(i)
  expect(numbers.ranges).toEqual([[0, 1_000_000]])
})

test('ranges that touch become one', () => {
  const numbers = createNumberSet()
  numbers.addRange(5, 7)
  numbers.addRange(9, 11)
  numbers.addRange(7, 9)
  expect(numbers.ranges).toEqual([[5, 11]])
})
