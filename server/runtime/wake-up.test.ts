import { expect, test } from 'vitest'
import { createWakeUp } from '#server/runtime/wake-up.ts'

test('whoever waits goes on at the first ring', async () => {
  const bell = createWakeUp()
  const waiting = bell.next()
  bell.wake()
  await waiting
})

test('a ring that came just before is not lost, and several are one', async () => {
  const bell = createWakeUp()
  bell.wake()
  bell.wake()
  await bell.next()
  let rang = false
  const second = bell.next().then(() => {
    rang = true
  })
  await Promise.resolve()
  expect(rang).toBe(false)
  bell.wake()
  await second
})
