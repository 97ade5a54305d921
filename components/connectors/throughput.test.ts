import { expect, test } from 'vitest'
import { addSample, rateOf, rateSeries, type ThroughputSamples } from '#components/connectors/throughput.ts'

const task = { connector: 'c', task: 0 }
const other = { connector: 'c', task: 1 }

/** Samples two seconds apart of what task 0 had moved. */
const samplesOf = (...records: number[]) =>
  records.reduce<ThroughputSamples>(
    (samples, each, i) => addSample(samples, [{ ...task, records: each }], i * 2_000),
    [],
  )

test('the rate of a task is what it moved in the last ten seconds, by the second', () => {
  expect(rateOf(samplesOf(100, 120, 140), [task])).toBe(10)
  expect(rateOf(samplesOf(0, 0, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000), [task])).toBe(0)
  expect(rateOf(samplesOf(5, 5), [task])).toBe(0)
})

test('what nobody can say is no zero', () => {
  expect(rateOf(undefined, [task])).toBeUndefined()
  expect(rateOf(samplesOf(100), [task])).toBeUndefined()
  expect(rateOf(samplesOf(100, 120), [other])).toBeUndefined()
  expect(rateOf(addSample([], null, 0), [task])).toBeUndefined()
})

test('a task that began anew is counted from there', () => {
  expect(rateOf(samplesOf(1_000, 1_020, 4, 24), [task])).toBe(10)
  expect(rateOf(samplesOf(1_000, 4), [task])).toBeUndefined()
})

test('a connector moves what its tasks move together', () => {
  const samples = [0, 1_000].reduce<ThroughputSamples>(
    (before, at) =>
      addSample(
        before,
        [task, other].map((id) => ({ ...id, records: at / 100 })),
        at,
      ),
    [],
  )
  expect(rateOf(samples, [task, other])).toBe(20)
})

test('a minute is kept, and drawn as one rate a sample', () => {
  const minute = samplesOf(...Array.from({ length: 100 }, (_, i) => i * 2))
  expect(minute).toHaveLength(30)
  const [seconds, rates] = rateSeries(minute, [task])
  expect(seconds.at(0)).toBe(-56)
  expect(seconds.at(-1)).toBe(0)
  expect(new Set(rates)).toEqual(new Set([1]))
})
