import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createBudget } from '#server/topics/budget.ts'

test('a budget is spent by bytes, or by time', () => {
  let now = 1_000
  const clock = { ...systemClock, monotonic: () => now }
  const byBytes = createBudget(clock, { bytes: 100, ms: 50 })
  byBytes.spend(99)
  expect(byBytes.spent).toBe(false)
  byBytes.spend(1)
  expect(byBytes.spent).toBe(true)
  const byTime = createBudget(clock, { bytes: 100, ms: 50 })
  now = 1_049
  expect(byTime.spent).toBe(false)
  now = 1_050
  expect(byTime.spent).toBe(true)
})
