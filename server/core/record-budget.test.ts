import fc from 'fast-check'
import { expect, test } from 'vitest'
import { askAtOnce, mayHold } from '#server/core/record-budget.ts'

const budget = 1_000
const least = 5

test('half is for whoever comes, the other half is shared evenly', () => {
  const tasks = 4
  expect(mayHold({ budget, total: 400, tasks }, 400, 100)).toBe(true)
  expect(mayHold({ budget, total: 500, tasks }, 400, 100)).toBe(false)
  expect(mayHold({ budget, total: 700, tasks }, 100, 150)).toBe(true)
  expect(mayHold({ budget, total: 700, tasks }, 101, 150)).toBe(false)
  expect(mayHold({ budget, total: 1_000, tasks }, 10, 1)).toBe(false)
})

test('I10: whoever holds nothing may go on, however much the others hold', () => {
  expect(mayHold({ budget, total: 5_000, tasks: 2 }, 0, 100)).toBe(true)
})

test('R-I15, I12: however tasks come by their records, together they exceed the budget by the least of each at most', () => {
  const step = fc.record({ task: fc.nat(7), release: fc.double({ min: 0, max: 1, noNaN: true }), asks: fc.boolean() })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.array(step, { maxLength: 200 }), (tasks, steps) => {
      const held = Array.from({ length: tasks }, () => 0)
      const total = () => held.reduce((sum, one) => sum + one, 0)
      for (const { task, release, asks } of steps) {
        const at = task % tasks
        const own = held[at] ?? 0
        if (!asks) {
          held[at] = own - Math.ceil(own * release)
          continue
        }
        const wanted = askAtOnce({ budget, total: total(), tasks }, least)
        if (mayHold({ budget, total: total(), tasks }, own, wanted)) held[at] = own + wanted
        expect(total()).toBeLessThanOrEqual(budget + tasks * least)
      }
    }),
  )
})

test('what all ask for at the same moment is no more than there is', () => {
  fc.assert(
    fc.property(fc.nat(budget), fc.integer({ min: 1, max: 20 }), (total, tasks) => {
      const each = askAtOnce({ budget, total, tasks }, least)
      expect(total + each * tasks).toBeLessThanOrEqual(Math.max(budget, total + least * tasks))
    }),
  )
})
