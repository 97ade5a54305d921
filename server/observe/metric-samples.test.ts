import { expect, test } from 'vitest'
import { createMetricSamples, measured } from '#server/observe/metric-samples.ts'

const open = () => createMetricSamples({ windowMs: 30_000, samples: 2 })

test('average, largest and smallest look back over the last windows, and forget older ones whole', () => {
  const samples = open()
  samples.add(measured(10), 0)
  samples.add(measured(2), 29_999)
  samples.add(measured(6), 30_000)
  expect([samples.avg(30_000), samples.max(30_000), samples.min(30_000)]).toEqual([6, 10, 2])
  expect([samples.avg(60_000), samples.max(60_000)]).toEqual([6, 6])
  expect([samples.avg(90_000), samples.max(90_000), samples.min(90_000)]).toEqual([Number.NaN, Number.NaN, Number.NaN])
})

test('several measurements that arrive together count each', () => {
  const samples = open()
  samples.add({ count: 4, sum: 100, min: 1, max: 70, last: 5 }, 0)
  samples.add(measured(20), 1)
  expect([samples.avg(2), samples.max(2), samples.min(2)]).toEqual([24, 70, 1])
})

test('a rate is never over less than all windows but one: a first burst is no peak', () => {
  const samples = open()
  samples.add(measured(3_000), 0)
  expect(samples.rate(1_000)).toBeCloseTo(3_000 / 31)
  samples.add(measured(3_000), 30_000)
  expect(samples.rate(45_000)).toBeCloseTo(6_000 / 45)
  expect(samples.rate(61_000)).toBeCloseTo(3_000 / 31)
  expect(samples.rate(120_000)).toBe(0)
})
