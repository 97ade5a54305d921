import { expect, test } from 'vitest'
import { backOffMs, withRetries } from '#server/kafka/back-off.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

function fakeClock() {
  let now = 0
  return {
    now: () => now,
    monotonic: () => now,
    random: () => 0.5,
    async sleep(ms: number) {
      now += ms
    },
  }
}

test('waits double up to the most, give or take a fifth', () => {
  expect([0, 1, 2, 9].map((attempt) => backOffMs(attempt, 0.5))).toEqual([50, 100, 200, 1000])
  expect([backOffMs(0, 0), backOffMs(0, 1)]).toEqual([40, 60])
})

test('tries again only what Kafka calls retriable, and only until the deadline', async () => {
  const clock = fakeClock()
  const failing = (name: 'NOT_COORDINATOR' | 'INVALID_REQUEST') => {
    let calls = 0
    const run = withRetries(clock, { withinMs: 1000 }, async () => {
      calls++
      throw new KafkaError(name)
    })
    return run.catch((error: KafkaError) => ({ name: error.errorName, calls }))
  }
  expect(await failing('INVALID_REQUEST')).toEqual({ name: 'INVALID_REQUEST', calls: 1 })
  expect(await failing('NOT_COORDINATOR')).toEqual({ name: 'NOT_COORDINATOR', calls: 6 })
  expect(clock.now()).toBeGreaterThanOrEqual(1000)
})
