import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { withRetries } from '#server/kafka/back-off.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import { createEndingClock } from '#server/topics/ending-clock.ts'

test('retries that would go on for an hour end with it', async () => {
  const ended = new AbortController()
  const clock = createEndingClock(systemClock, ended.signal)
  const retrying = withRetries(clock, { withinMs: 3_600_000 }, (tried) => {
    if (tried === 1) ended.abort()
    return Promise.reject(new KafkaError('NETWORK_EXCEPTION', `try ${tried}`))
  })
  await expect(retrying).rejects.toThrow('try 1')
})

test('a sleep ends with it, or with its own signal', async () => {
  const ended = new AbortController()
  const own = new AbortController()
  const clock = createEndingClock(systemClock, ended.signal)
  const sleeping = clock.sleep(3_600_000, own.signal)
  own.abort()
  await sleeping
  const another = clock.sleep(3_600_000)
  expect(clock.monotonic()).toBeLessThanOrEqual(systemClock.monotonic())
  ended.abort()
  await another
  await clock.sleep(3_600_000)
  expect(clock.monotonic()).toBe(Number.POSITIVE_INFINITY)
})
