import { expect, test } from 'vitest'
import { createLeaveOutAllowance, isolatePutOf } from '#server/core/put-isolation.ts'

const on = { 'sluice.put.isolate.errors': 'true', 'errors.tolerance': 'all' }

test('nothing is left out unless the connector or its worker asks for it, and errors are tolerated', () => {
  expect(isolatePutOf({ 'errors.tolerance': 'all' }, {})).toBeUndefined()
  expect(isolatePutOf({ 'sluice.put.isolate.errors': 'true' }, {})).toBeUndefined()
  expect(isolatePutOf(on, {})).toEqual({ mostPercent: 1 })
  expect(isolatePutOf({ 'errors.tolerance': 'all' }, on)).toEqual({ mostPercent: 1 })
  expect(isolatePutOf({ ...on, 'sluice.put.isolate.errors': ' False ' }, on)).toBeUndefined()
  expect(isolatePutOf({ ...on, 'sluice.put.isolate.max.percent': '25' }, {})).toEqual({ mostPercent: 25 })
  expect(isolatePutOf({ ...on, 'sluice.put.isolate.max.percent': 'most' }, {})).toEqual({ mostPercent: 1 })
})

test('ten may be left out at once, and then one for each hundred that are taken', () => {
  const allowance = createLeaveOutAllowance(1)
  const spend = (times: number) => Array.from({ length: times }, () => allowance.spend())
  expect(spend(11)).toEqual([...Array.from({ length: 10 }, () => true), false])
  allowance.taken(199)
  expect(spend(2)).toEqual([true, false])
  allowance.taken(1)
  expect(spend(2)).toEqual([true, false])
  // What was taken long ago is no credit for what comes.
  allowance.taken(1_000_000)
  expect(spend(11).filter(Boolean)).toHaveLength(10)
})
