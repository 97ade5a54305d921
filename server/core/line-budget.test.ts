import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLineBudget } from '#server/core/line-budget.ts'

test('lets a writer add so many at once, then so many a second, and counts the rest', () => {
  const budget = createLineBudget({ perSecond: 10, atOnce: 3 })
  expect([0, 0, 0, 0, 0].map((now) => budget.take('a', now))).toEqual([true, true, true, false, false])
  expect(budget.take('b', 0)).toBe(true)
  expect(budget.takeDropped()).toEqual(new Map([['a', 2]]))
  expect(budget.takeDropped()).toEqual(new Map())
  expect([100, 100, 200].map((now) => budget.take('a', now))).toEqual([true, false, true])
})

test('I12: in any time no writer gets through more than its share, and every line is through or counted', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 })
  fc.assert(
    fc.property(steps, (gaps) => {
      const budget = createLineBudget({ perSecond: 5, atOnce: 7 })
      let now = 0
      let through = 0
      for (const gap of gaps) {
        now += gap
        if (budget.take('a', now)) through += 1
      }
      expect(through).toBeLessThanOrEqual(7 + (now / 1_000) * 5)
      expect(through + (budget.takeDropped().get('a') ?? 0)).toBe(gaps.length)
    }),
  )
})
