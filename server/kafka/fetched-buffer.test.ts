import { expect, test } from 'vitest'
import { createFetchedBuffer, type FetchedBufferOptions } from '#server/kafka/fetched-buffer.ts'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import { createReadReplica } from '#server/kafka/read-replica.ts'
import { createReading, partitionName, type Reading } from '#server/kafka/reading.ts'
import { boundlessMemory } from '#server/kafka/record-memory.ts'
import { encodeBatch, readBatches } from '#server/protocol/record-batch.ts'

const batch = encodeBatch(
  ['a', 'b', 'c'].map((value) => ({ key: null, value: Buffer.from(value) })),
  { timestamp: 1 },
)
const one = batch.length

const fetchedOf = (partition: number): FetchedPartition => ({
  topic: 't',
  partition,
  highWatermark: 3,
  batches: [...readBatches(batch, { verifyCrc: true })],
  startOffset: 0,
  nextOffset: 3,
})

/** Partitions 0 and on, each with one batch of three records, and the bytes that count as held. */
function buffered(partitions: number, options: Partial<FetchedBufferOptions> = {}) {
  let held = 0
  const memory = {
    ...boundlessMemory,
    hold: (bytes: number) => {
      held += bytes
    },
    release: (bytes: number) => {
      held -= bytes
    },
  }
  const readings = new Map<string, Reading>()
  const unlimited = { maxBytes: 1_000, maxPollRecords: Number.POSITIVE_INFINITY, maxBufferedBytes: 1_000_000 }
  const buffer = createFetchedBuffer(readings, { ...unlimited, memory, ...options })
  const all = Array.from({ length: partitions }, (_, partition) => {
    const replica = createReadReplica({ monotonic: () => 0 }, 1_000)
    const reading = createReading({ topic: 't', partition, offset: 0 }, partition, replica)
    readings.set(partitionName(reading), reading)
    buffer.put(reading, fetchedOf(partition))
    reading.fetchFrom = 3
    return reading
  })
  const [first, second] = all
  if (!first || !second) throw new RangeError('at least two partitions')
  return { buffer, readings, first, second, held: () => held }
}

test('I12: what waits is held, and what was taken until it is done with', () => {
  const { buffer, first, second, held } = buffered(2)
  expect(held()).toBe(2 * one)
  buffer.put(second, undefined)
  expect(held()).toBe(one)
  expect(buffer.takeReady().map(({ partition }) => partition)).toEqual([0])
  expect(first).toMatchObject({ position: 3, buffered: undefined })
  expect(held()).toBe(one)
  buffer.done()
  expect(held()).toBe(0)
  buffer.done()
  expect(held()).toBe(0)
})

test('I12: what comes in the place of something else is held alone', () => {
  const { buffer, first, held } = buffered(2)
  buffer.put(first, fetchedOf(0))
  expect(held()).toBe(2 * one)
})

test('a paused partition keeps what it holds, which is not ready', () => {
  const { buffer, first, second } = buffered(2)
  first.paused = true
  expect(buffer.takeReady().map(({ partition }) => partition)).toEqual([1])
  expect(buffer.hasReady()).toBe(false)
  expect(buffer.makeRoom()).toBe(true)
  expect([first.buffered?.nextOffset, second.buffered]).toEqual([3, undefined])
  first.paused = false
  expect(buffer.hasReady()).toBe(true)
})

test('I12: when it is full paused partitions let go, no more of them than it takes, and read that again', () => {
  const { buffer, readings, first, second, held } = buffered(3, { maxBufferedBytes: 3 * one })
  first.paused = true
  second.paused = true
  expect(buffer.makeRoom()).toBe(true)
  expect(held()).toBe(2 * one)
  expect([...readings.values()].map(({ fetchFrom }) => fetchFrom)).toEqual([0, 3, 3])
  expect(second.buffered?.startOffset).toBe(0)
})

test('I12: it is full while partitions that are read hold too much, or the memory has no room for an answer', () => {
  expect(buffered(2, { maxBufferedBytes: 2 * one }).buffer.makeRoom()).toBe(false)
  expect(buffered(2, { maxBufferedBytes: 2 * one + 1 }).buffer.makeRoom()).toBe(true)
  const asked: number[] = []
  const memory = {
    ...boundlessMemory,
    atOnce: () => 400,
    fits: (bytes: number) => {
      asked.push(bytes)
      return false
    },
  }
  const { buffer } = buffered(2, { memory })
  expect(buffer.makeRoom()).toBe(false)
  expect(buffer.answerBytes()).toBe(400)
  expect(new Set(asked)).toEqual(new Set([400]))
})

test('with a limit partitions take turns, and what is left of a batch waits and is held', () => {
  const { buffer, first, held } = buffered(2, { maxPollRecords: 2 })
  const take = () =>
    buffer.takeReady().map(({ partition, startOffset, nextOffset }) => [partition, startOffset, nextOffset])
  expect(take()).toEqual([[0, 0, 2]])
  expect(first).toMatchObject({ position: 2, buffered: { startOffset: 2, nextOffset: 3 } })
  expect(take()).toEqual([
    [0, 2, 3],
    [1, 0, 1],
  ])
  buffer.put(first, fetchedOf(0))
  // The first one has had its turn.
  expect(take()).toEqual([[1, 1, 3]])
  expect(held()).toBe(3 * one)
  buffer.done()
  expect(held()).toBe(one)
})
