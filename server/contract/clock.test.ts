import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

async function wokenAfter(ms: number, advancedMs: number): Promise<boolean> {
  let woken = false
  void systemClock.sleep(ms).then(() => {
    woken = true
  })
  await vi.advanceTimersByTimeAsync(advancedMs)
  return woken
}

test('sleeps as long as it was told, also beyond the longest timer of Node', async () => {
  const sixtyDaysMs = 60 * 24 * 3600 * 1000
  expect(await wokenAfter(1000, 999)).toBe(false)
  expect(await wokenAfter(1000, 1000)).toBe(true)
  expect(await wokenAfter(sixtyDaysMs, sixtyDaysMs - 1)).toBe(false)
  expect(await wokenAfter(sixtyDaysMs, sixtyDaysMs)).toBe(true)
})

test('an abort ends a sleep at once and leaves no timer behind', async () => {
  const abort = new AbortController()
  const slept = systemClock.sleep(Number.POSITIVE_INFINITY, abort.signal)
  abort.abort()
  await slept
  expect(vi.getTimerCount()).toBe(0)
  await systemClock.sleep(1000, abort.signal)
})
