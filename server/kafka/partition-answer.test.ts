import { expect, test } from 'vitest'
import { type AnswerOptions, type PartitionAnswer, takeAnswer } from '#server/kafka/partition-answer.ts'
import { createReadReplica } from '#server/kafka/read-replica.ts'
import { createReading } from '#server/kafka/reading.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'
import { encodeBatch } from '#server/protocol/record-batch.ts'

const options: AnswerOptions = { isolation: 'read_uncommitted', checkCrcs: true, resetPolicy: 'earliest' }
const answer: PartitionAnswer = {
  partitionIndex: 0,
  errorCode: 0,
  highWatermark: 20,
  lastStableOffset: 20,
  logStartOffset: 0,
  divergingEpoch: { epoch: -1, endOffset: -1 },
  currentLeader: { leaderId: -1, leaderEpoch: -1 },
  snapshotId: { endOffset: -1, epoch: -1 },
  abortedTransactions: null,
  preferredReadReplica: -1,
  records: null,
}

/** Two records from the offset on, written under epoch 6. */
function batchAt(offset: number, transactional = false): Buffer {
  const producer = { producerId: 7, epoch: 0, sequence: 0, transactional }
  const records = ['a', 'b'].map((value) => ({ key: null, value: Buffer.from(value) }))
  const batch = encodeBatch(records, { timestamp: 1, producer })
  batch.writeBigInt64BE(BigInt(offset), 0)
  batch.writeInt32BE(6, 12)
  return batch
}

/** Partition 0 of `t`, asked of the leader of epoch 8 from offset 5. */
function question() {
  const replica = createReadReplica({ monotonic: () => 0 }, 1_000)
  const reading = Object.assign(createReading({ topic: 't', partition: 0, offset: 5 }, 1, replica), { failures: 3 })
  return { reading, version: 1, from: 5, leaderEpoch: 8 }
}

test('batches are kept from the one with the offset on, and reading goes on behind them', () => {
  const asked = question()
  const records = Buffer.concat([batchAt(2), batchAt(4), batchAt(6)])
  const consequence = takeAnswer(asked, { ...answer, records }, options)
  expect(consequence).toMatchObject({
    type: 'keep',
    fetched: { topic: 't', partition: 0, highWatermark: 20, startOffset: 5, nextOffset: 8 },
  })
  if (consequence.type !== 'keep') return
  expect(consequence.fetched.batches.map((batch) => batch.baseOffset)).toEqual([4, 6])
  expect(asked.reading).toMatchObject({ fetchFrom: 8, lastEpoch: 6, heldUnder: 8, highWatermark: 20, failures: 0 })
})

test.each([
  ['read_uncommitted', 1],
  ['read_committed', 0],
] as const)('with %s an aborted transaction has %i batches, and is behind the reader', (isolation, visible) => {
  const abortedTransactions = [{ producerId: 7, firstOffset: 5 }]
  const records = batchAt(5, true)
  const consequence = takeAnswer(question(), { ...answer, abortedTransactions, records }, { ...options, isolation })
  expect(consequence).toMatchObject({ type: 'keep', fetched: { nextOffset: 7 } })
  if (consequence.type === 'keep') expect(consequence.fetched.batches).toHaveLength(visible)
})

test('no records are the end of earlier failures, records before the offset are not', () => {
  const empty = question()
  expect(takeAnswer(empty, { ...answer, records: Buffer.alloc(0) }, options)).toEqual({ type: 'goOn' })
  expect(empty.reading).toMatchObject({ failures: 0, highWatermark: 20, fetchFrom: 5 })
  const before = question()
  expect(takeAnswer(before, { ...answer, records: batchAt(2) }, options)).toEqual({ type: 'goOn' })
  expect(before.reading).toMatchObject({ failures: 3, highWatermark: 20, fetchFrom: 5 })
})

test('I14: a damaged batch is told with its place when nothing whole stands before it, and only then', () => {
  const damaged = batchAt(7)
  const at = damaged.length - 2 // in the value
  damaged[at] = (damaged[at] ?? 0) ^ 1
  expect(takeAnswer(question(), { ...answer, records: damaged }, options)).toEqual({
    type: 'findLeaderAndAskLater',
    warning: expect.stringContaining('Record batch for partition t-0 at offset 7 is invalid, cause: Record is corrupt'),
  })
  const records = Buffer.concat([batchAt(5), damaged])
  expect(takeAnswer(question(), { ...answer, records }, options)).toMatchObject({
    type: 'keep',
    fetched: { nextOffset: 7 },
  })
})

test('KIP-392: the replica that the leader names is asked next', () => {
  const { reading, ...asked } = question()
  expect(takeAnswer({ reading, ...asked }, { ...answer, preferredReadReplica: 2 }, options)).toEqual({ type: 'goOn' })
  expect(reading.replica.preferred()).toBe(2)
})

test('an offset that a replica does not have is asked of the leader, whose word it is that it is outside the log', () => {
  const asked = question()
  const outside = { ...answer, errorCode: kafkaErrors.OFFSET_OUT_OF_RANGE.code }
  asked.reading.replica.prefer(2)
  expect(takeAnswer(asked, outside, options)).toEqual({ type: 'goOn' })
  expect(asked.reading.fetchFrom).toBe(5)
  expect(takeAnswer(asked, outside, options).warning).toContain('t-0: offset 5 is outside the log')
  expect(asked.reading).toMatchObject({ fetchFrom: 'earliest', highWatermark: undefined })
})
