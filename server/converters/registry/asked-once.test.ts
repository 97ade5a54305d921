import { expect, test } from 'vitest'
import { createAskedOnce } from '#server/converters/registry/asked-once.ts'
import { type ConversionPending, isPending } from '#server/sdk/conversion-pending.ts'
import { DataError } from '#server/sdk/data-error.ts'

const { signal } = new AbortController()

function pendingOf(get: () => unknown): ConversionPending {
  try {
    get()
  } catch (error) {
    if (isPending(error)) return error
    throw error
  }
  throw new Error('answered already')
}

test('answers are kept until they are too old or others were asked for since', async () => {
  let now = 0
  const answers = createAskedOnce<string, string>({ size: 2, ttlMs: 100, now: () => now })
  const get = (key: string) => answers.get(key, key, async () => `${key}@${now}`)
  for (const key of ['a', 'b']) await pendingOf(() => get(key)).settle(signal)
  expect([get('a'), get('b')]).toEqual(['a@0', 'b@0'])
  await pendingOf(() => get('c')).settle(signal)
  expect(answers.size).toBe(2)
  expect(isPending(pendingOf(() => get('a')))).toBe(true)
  now = 100
  await pendingOf(() => get('b')).settle(signal)
  expect(get('b')).toBe('b@100')
})

test('a refusal is remembered for a while, and a failure never', async () => {
  let now = 0
  const answers = createAskedOnce<string, string>({ size: 9, now: () => now })
  const refused = () => answers.get('x', 'x', () => Promise.reject(new DataError('no')))
  await pendingOf(refused).settle(signal)
  expect(refused).toThrow('no')
  now = 10_000
  expect(isPending(pendingOf(refused))).toBe(true)
  const away = () => answers.get('y', 'y', () => Promise.reject(new Error('away')))
  await expect(pendingOf(away).settle(signal)).rejects.toThrow('away')
  expect(isPending(pendingOf(away))).toBe(true)
})
