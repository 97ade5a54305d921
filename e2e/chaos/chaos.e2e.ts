import { expect, test } from 'vitest'
import { checkCopy, lineOf, stepsBack } from '#e2e/chaos/check-copy.ts'
import { createDice } from '#e2e/chaos/dice.ts'
import { runChaos } from '#e2e/chaos/run-chaos.ts'

const lines = (...numbers: number[]) => numbers.map(lineOf)

test.each([
  ['nothing', lines(0, 1, 2), {}],
  ['a loss', lines(0, 2), { lost: [1] }],
  ['a loss at the end', lines(0, 1), { lost: [2] }],
  ['a repetition', lines(0, 1, 1, 2), { duplicates: 1 }],
  ['a repetition from an earlier place', lines(0, 1, 0, 1, 2), { duplicates: 2 }],
  ['another order', lines(1, 0, 2), { inversions: 1 }],
  ['a line that nobody wrote', [...lines(0, 1, 2), lineOf(3)], { foreign: [lineOf(3)] }],
  ['a mangled line', [...lines(0, 1), 'line 2 Ã¤'], { lost: [2], foreign: ['line 2 Ã¤'] }],
  ['a line cut short', [...lines(0, 1), 'line'], { lost: [2], foreign: ['line'] }],
])('the judge finds %s', (_what, arrived, found) => {
  expect(checkCopy(3, arrived)).toEqual({ lost: [], duplicates: 0, inversions: 0, foreign: [], ...found })
})

test('the judge finds a position that goes back', () => {
  expect(stepsBack([0, 10, 10, 30])).toBe(0)
  expect(stepsBack([0, 10, 5, 30, 20])).toBe(2)
})

test('a seed tells the same story each time, and another one another', () => {
  const story = (seed: number) => {
    const dice = createDice(seed)
    return Array.from({ length: 20 }, () => dice.between(1, 6))
  }
  expect(story(7)).toEqual(story(7))
  expect(story(7)).not.toEqual(story(8))
  expect(new Set(story(7))).toEqual(new Set([1, 2, 3, 4, 5, 6]))
})

test('I1, I3, I4, I5: a short seed loses nothing, keeps order, repeats little and heals by itself', async () => {
  const report = await runChaos({ seed: 3, forMs: 10_000 })
  expect(report).toMatchObject({ ok: true, lost: 0, inversions: 0, foreign: 0 })
  expect(report.lines).toBeGreaterThan(3_000)
})
