import { expect, test } from 'vitest'
import { createWorkBudget, stepsPerLook } from '#server/transforms/cel/work-budget.ts'

function budgetOf(msPerLook: () => number) {
  let at = 0
  let looks = 0
  const budget = createWorkBudget({
    limitMs: 100,
    now() {
      looks += 1
      at += msPerLook()
      return at
    },
  })
  budget.begin()
  return { budget, looks: () => looks - 1 }
}

test('work is stopped at the first look after its time, and stays stopped until the next begins', () => {
  const { budget, looks } = budgetOf(() => 20)
  let steps = 0
  const work = () => {
    for (; ; steps++) budget.spend(1)
  }
  expect(work).toThrow('The time is up')
  expect([looks(), budget.over]).toEqual([5, true])
  expect(steps).toBeLessThan(6 * (stepsPerLook + 1))
  expect(() => budget.spend(1)).toThrow('The time is up')
  budget.begin()
  expect(budget.over).toBe(false)
  expect(() => budget.spend(1)).not.toThrow()
})

test('a large step is looked at at once, a small piece of work never', () => {
  const { budget, looks } = budgetOf(() => 1)
  for (let i = 0; i < stepsPerLook; i++) budget.spend(1)
  expect(looks()).toBe(0)
  budget.spend(1_000_000)
  expect(looks()).toBe(1)
})

test('a machine that stands still between two looks does not use the time up', () => {
  let pauseMs = 3_600_000
  const { budget } = budgetOf(() => {
    const ms = pauseMs
    pauseMs = 0
    return ms
  })
  pauseMs = 3_600_000
  for (let i = 0; i < 100 * stepsPerLook; i++) budget.spend(1)
  expect(budget.over).toBe(false)
})
