import { expect, test } from 'vitest'
import { createReadReplica } from '#server/kafka/read-replica.ts'
import { createReading, isDue, isOld, nextStep, type Reading, type StartAt } from '#server/kafka/reading.ts'

const readingAt = (offset: StartAt): Reading =>
  createReading({ topic: 't', partition: 0, offset }, 1, createReadReplica({ monotonic: () => 0 }, 1_000))

test('a partition that was assigned is due at once', () => {
  expect(isDue(readingAt(5), 0)).toBe(true)
})

test.each<[string, Partial<Reading>]>([
  ['while it is paused', { paused: true }],
  [
    'while something of it waits to be taken',
    { buffered: { topic: 't', partition: 0, highWatermark: 9, batches: [], startOffset: 5, nextOffset: 6 } },
  ],
  ['while a broker is asked for its records', { asked: true }],
  ['while broker 0 is asked where it begins', { locatedBy: 0 }],
  ['before a failure is waited out', { retryAt: 101 }],
])('a partition is not due %s', (_, state) => {
  expect(isDue({ ...readingAt(5), ...state }, 100)).toBe(false)
})

test('a failure is waited out when its time has come', () => {
  expect(isDue({ ...readingAt(5), retryAt: 100 }, 100)).toBe(true)
})

test.each(['earliest', 'latest', { lastMs: 60_000 }] as const)('without an offset %j is looked up', (start) => {
  expect(nextStep({ ...readingAt(start), lastEpoch: 3 }, 4)).toEqual({ type: 'locate', start })
})

test('records are asked for as things stand now, and the question is old once they change', () => {
  const reading = readingAt(5)
  const step = nextStep(reading, 4)
  expect(step).toEqual({ type: 'fetch', question: { reading, version: 1, from: 5, leaderEpoch: 4 } })
  if (step.type !== 'fetch') return
  expect(isOld(step.question)).toBe(false)
  reading.version++
  expect(isOld(step.question)).toBe(true)
})

test.each([
  ['nothing was read yet', -1, -1, 7, 'fetch'],
  ['its leader is the one that has what was read', 3, 7, 7, 'fetch'],
  ['an older leader is named than the one that has it', 3, 7, 6, 'fetch'],
  ['its leader is a later one', 3, 7, 8, 'compare'],
  ['batches know epochs, and the leader of then did not', 3, -1, 0, 'compare'],
] as const)('KIP-320: when %s, what comes next is to %4$s', (_, lastEpoch, heldUnder, leaderEpoch, expected) => {
  expect(nextStep({ ...readingAt(5), lastEpoch, heldUnder }, leaderEpoch).type).toBe(expected)
})
