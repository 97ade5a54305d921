import { expect, test } from 'vitest'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'
import { within } from '#server/runtime/within.ts'

test('work in time is told, work that is late is not waited for, and no timer is left behind', async () => {
  const clock = createFakeClock()
  expect(await within(clock, 100, Promise.resolve())).toBe(true)
  expect(clock.sleeping()).toEqual([])
  const late = within(clock, 100, new Promise(() => undefined))
  await clock.pass(99)
  expect(clock.sleeping()).toEqual([1])
  await clock.pass(1)
  expect(await late).toBe(false)
})

test('a failure of the work reaches whoever waits', async () => {
  await expect(within(createFakeClock(), 100, Promise.reject(new Error('no')))).rejects.toThrow('no')
})
