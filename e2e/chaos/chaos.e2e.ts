import { expect, test } from 'vitest'
import { createDice } from '#e2e/chaos/dice.ts'
import { runChaos } from '#e2e/chaos/run-chaos.ts'

test('a seed tells the same story each time, and another one another', () => {
  const story = (seed: number) => {
    const dice = createDice(seed)
    return Array.from({ length: 20 }, () => dice.between(1, 6))
  }
  expect(story(7)).toEqual(story(7))
  expect(story(7)).not.toEqual(story(8))
  expect(new Set(story(7))).toEqual(new Set([1, 2, 3, 4, 5, 6]))
})

test('I1, I3, I4, I5, I6, I7, I8, I10, I14: a short seed loses nothing, keeps order, repeats little, says the truth and heals by itself', async () => {
  const report = await runChaos({ seed: 3, forMs: 10_000 })
  expect(report).toMatchObject({ broken: [], ok: true, lost: 0, inversions: 0, foreign: 0 })
  expect(report.lines).toBeGreaterThan(3_000)
  expect(report.numbers).toBeGreaterThan(1_500)
})
