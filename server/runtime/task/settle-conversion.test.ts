import { expect, test } from 'vitest'
import { settleConversion } from '#server/runtime/task/settle-conversion.ts'
import { ConversionPending } from '#server/sdk/conversion-pending.ts'
import { DataError, RetriableError } from '#server/sdk/data-error.ts'
import { leapingClock } from '#server/sdk/testing/leaping-clock.ts'

function options(signal = new AbortController().signal) {
  const reasons: string[] = []
  const warnings: string[] = []
  return {
    ...{ signal, clock: leapingClock(), reasons, warnings },
    progress: { failing: (_stage: string, reason: string) => void reasons.push(reason) },
    warn: (_kind: string, message: string) => void warnings.push(message),
  }
}

test('asks again, with growing waits, for as long as the other system is away', async () => {
  let asked = 0
  const given = options()
  const began = given.clock.now()
  const pending = new ConversionPending('schema 1', async () => {
    asked += 1
    if (asked <= 8) throw new RetriableError('away')
  })
  await settleConversion(pending, given)
  expect(asked).toBe(9)
  expect(given.clock.now() - began).toBeGreaterThan(3_000)
  expect(given.reasons).toEqual(['schema 1', ...Array(8).fill('away')])
  expect(new Set(given.warnings)).toEqual(new Set(['Records wait to be converted: away; it is tried again']))
})

test('what is no waiting, and what no waiting heals, is thrown', async () => {
  const bad = new DataError('bad')
  await expect(settleConversion(bad, options())).rejects.toBe(bad)
  const refused = new Error('401')
  await expect(
    settleConversion(new ConversionPending('schema 1', () => Promise.reject(refused)), options()),
  ).rejects.toBe(refused)
})

test('ends when the task is cancelled', async () => {
  const cancel = new AbortController()
  const pending = new ConversionPending('schema 1', async () => {
    cancel.abort()
    throw new RetriableError('away')
  })
  await expect(settleConversion(pending, options(cancel.signal))).rejects.toThrow('away')
})
