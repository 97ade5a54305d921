import { expect, test } from 'vitest'
import { runChaos } from '#e2e/chaos/run-chaos.ts'
import { faultKinds } from '#e2e/chaos/story.ts'

test('I1, I2, I3, I4, I5, I6, I7, I8, I10, I13, I14: a short seed with every kind of fault loses nothing, keeps order, repeats little and exactly once nothing, says the truth and heals by itself', async () => {
  const report = await runChaos({ seed: 303, forMs: 0, longestMs: 2_000 })
  expect(report).toMatchObject({ broken: [], ok: true, lost: 0, inversions: 0, foreign: 0, exactlyOnceDuplicates: 0 })
  expect(Object.keys(report.faults)).toEqual(faultKinds)
  for (const kind of faultKinds) expect(report.faults[kind]).toBeGreaterThan(0)
  expect(report.lines).toBeGreaterThan(3_000)
  expect(report.numbers).toBeGreaterThan(1_500)
  expect(report.exactlyOnceNumbers).toBeGreaterThan(1_500)
  // Half a minute on a machine of its own; everybody else's work stretches all of its waits.
}, 300_000)
