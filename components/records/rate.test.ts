import { expect, test } from 'vitest'
import { createRate } from '#components/records/rate.ts'

test('each whole second has the records that came in it, and quiet seconds are zero', () => {
  let at = 10_400
  const rate = createRate(60, () => at)
  rate.add(100)
  at = 11_100
  rate.add(3)
  rate.add(2)
  at = 13_500
  rate.add(7)
  expect(rate.read()).toEqual([
    [-2, -1],
    [5, 0],
  ])
})

test('only the last seconds are kept', () => {
  let at = 0
  const rate = createRate(5, () => at)
  for (at = 0; at < 100_000; at += 1000) rate.add(1)
  expect(rate.read()[1]).toEqual([1, 1, 1, 1, 1])
})
