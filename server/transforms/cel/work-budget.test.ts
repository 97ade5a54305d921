import { expect, test } from 'vitest'
import { createWorkBudget, stepsPerLook, threadTimeMs } from '#server/transforms/cel/work-budget.ts'

function budgetOf(msPerLook: number) {
  let looks = 0
  const budget = createWorkBudget({ limitMs: 100, now: () => looks++ * msPerLook })
  budget.begin()
  return { budget, looks: () => looks }
}

test('work is stopped at the first look after its time, and stays stopped until the next begins', () => {
  const { budget, looks } = budgetOf(20)
  let steps = 0
  const work = () => {
    for (; ; steps++) budget.spend(1)
  }
  expect(work).toThrow('The time is up')
  // The first look begins to count.
  expect([looks(), budget.over]).toEqual([6, true])
  expect(steps).toBeLessThan(7 * (stepsPerLook + 1))
  expect(() => budget.spend(1)).toThrow('The time is up')
  budget.begin()
  expect(budget.over).toBe(false)
  expect(() => budget.spend(1)).not.toThrow()
})

test('a large step is looked at at once, a small piece of work never', () => {
  const { budget, looks } = budgetOf(1)
  for (let i = 0; i < stepsPerLook; i++) budget.spend(1)
  expect(looks()).toBe(0)
  budget.spend(1_000_000)
  expect(looks()).toBe(1)
})

test("the thread's time goes on with work", () => {
  const from = threadTimeMs()
  let text = ''
  while (threadTimeMs() - from < 5) text = `${text.length}`
  expect(threadTimeMs()).toBeGreaterThan(from)
})
