import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { traceOf } from '#server/contract/errors.ts'
import { decodeOffsetRecord } from '#server/core/offset-record.ts'
import {
  boundaryAtIntervals,
  boundaryAtPolls,
  boundaryByConnector,
  createBoundaryRequests,
  type TransactionBoundary,
} from '#server/core/transaction-boundary.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createTransactionalProducer } from '#server/kafka/transactional-producer.ts'
import { readTopic } from '#server/runtime/task/test-tree/read-topic.ts'
import { runSource } from '#server/runtime/task/test-tree/source-bench.ts'
import { numbered, numbers, waitingSource } from '#server/runtime/task/test-tree/waiting-source.ts'
import { kafkaOfFile } from '#server/runtime/test-tree/kafka-of-file.ts'
import { startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import type { RecordMetadata, SourceTask } from '#server/sdk/source-task.ts'

const { kafka, client } = await kafkaOfFile(startRestartableKafka)

/** A topic, and an offsets topic for one connector. */
async function place() {
  const topic = `t-${randomUUID()}`
  const offsetsTopic = `o-${randomUUID()}`
  await createAdmin(client).createTopics(
    [topic, offsetsTopic].map((name) => ({ name, partitions: 1, replicationFactor: 1 })),
  )
  const committed = async (count: number) =>
    (await readTopic(client, topic, count, 'read_committed')).map(({ value }) => value)
  /** Every position that was ever committed. */
  const positions = async (count: number) =>
    (await readTopic(client, offsetsTopic, count, 'read_committed')).map(({ key, value }) => {
      const record = decodeOffsetRecord({ key: key ?? '', value })
      return record === 'malformed' ? record : record.offset?.position
    })
  const run = (
    task: SourceTask,
    boundary: TransactionBoundary = boundaryAtPolls(),
    more: { ensureCurrent?: () => Promise<void>; flushTimeoutMs?: number } = {},
  ) =>
    runSource(client, task, {
      flushTimeoutMs: more.flushTimeoutMs ?? 5_000,
      transactions: {
        ...{ boundary, offsetsTopic },
        ...(more.ensureCurrent && { ensureCurrent: more.ensureCurrent }),
        producer: (own) =>
          createTransactionalProducer(own, { transactionalId: topic, maxBlockMs: Number.POSITIVE_INFINITY }),
      },
    })
  return { topic, offsetsTopic, committed, positions, run }
}
const texts = (from: number, count: number) => Array.from({ length: count }, (_, i) => `${from + i}`)

test('I1, I2, I4, I13: every poll is one transaction, with its offset, in its order', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }), async (polls) => {
      const { topic, committed, positions, run } = await place()
      const task = waitingSource()
      const ends: number[] = []
      let total = 0
      for (const count of polls) {
        task.push(numbers(topic, total, count))
        total += count
        ends.push(total)
      }
      const source = run(task)
      await task.waiting()
      expect(await positions(ends.length)).toEqual(ends)
      source.runner.stop()
      await source.ended
      expect(await committed(total)).toEqual(texts(0, total))
      expect(await positions(ends.length)).toEqual(ends)
      expect(source.measured().find(([sensor]) => sensor === 'transaction-size')?.[1].count).toBe(polls.length)
    }),
    { numRuns: 6 },
  ))

test('by interval what is open is committed when it is over, although the task waits for more', async () => {
  const { topic, committed, positions, run } = await place()
  const task = waitingSource()
  task.push(numbers(topic, 0, 3), numbers(topic, 3, 3))
  const source = run(task, boundaryAtIntervals(300))
  expect(await committed(6)).toEqual(texts(0, 6))
  expect((await positions(1)).at(-1)).toBe(6)
  source.runner.stop()
  await source.ended
})

test('a stop and a pause end the transaction that is open, by interval or poll', async () => {
  const { topic, committed, positions, run } = await place()
  const task = waitingSource()
  task.push(numbers(topic, 0, 3))
  const source = run(task, boundaryAtIntervals(600_000))
  await task.waiting()
  expect(await committed(0)).toEqual([])
  const paused = source.becomes('PAUSED')
  source.runner.setTarget('PAUSED')
  await paused
  expect(await committed(3)).toEqual(texts(0, 3))
  source.runner.setTarget('STARTED')
  task.push(numbers(topic, 3, 2))
  await task.waiting()
  source.runner.stop()
  await source.ended
  expect(await committed(5)).toEqual(texts(0, 5))
  expect(await positions(2)).toEqual([3, 5])
})

test('a task that fails, or is cancelled, leaves nothing of its open transaction', async () => {
  const { topic, committed, positions, run } = await place()
  const failing = waitingSource()
  failing.push(numbers(topic, 0, 3))
  failing.fail(new Error('the source is broken'))
  await expect(run(failing, boundaryAtIntervals(600_000)).ended).rejects.toThrow('the source is broken')

  const cancelled = waitingSource()
  cancelled.push(numbers(topic, 0, 4))
  const source = run(cancelled, boundaryAtIntervals(600_000))
  await cancelled.waiting()
  source.runner.cancel()
  await source.ended

  const next = waitingSource()
  next.push(numbers(topic, 0, 5))
  const last = run(next)
  await next.waiting()
  last.runner.stop()
  await last.ended
  expect(await committed(5)).toEqual(texts(0, 5))
  expect(await positions(1)).toEqual([5])
})

test('R-J14: the connector ends transactions where it likes; what it aborts is never seen, and not read again', async () => {
  const { topic, committed, positions, run } = await place()
  const requests = createBoundaryRequests()
  const told: [string, RecordMetadata | null][] = []
  const task = waitingSource({
    commitRecord: (record, metadata) => void told.push([String(record.value), metadata]),
  })
  const batch = numbers(topic, 0, 6)
  const source = run(
    {
      ...task,
      async poll(signal) {
        const polled = await task.poll(signal)
        if (polled !== batch) return polled
        requests.commitTransaction(batch[1])
        requests.abortTransaction(batch[3])
        return polled
      },
    },
    boundaryByConnector(requests),
  )
  task.push(batch)
  await task.waiting()
  expect(await committed(2)).toEqual(['0', '1'])
  expect(await positions(2)).toEqual([2, 4])
  requests.commitTransaction()
  task.push(numbers(topic, 6, 1))
  await task.waiting()
  expect(await committed(5)).toEqual(['0', '1', '4', '5', '6'])
  expect(await positions(3)).toEqual([2, 4, 7])
  expect(told.map(([value, metadata]) => (metadata ? value : `${value} dropped`))).toEqual([
    '0',
    '1',
    '2 dropped',
    '3 dropped',
    '4',
    '5',
    '6',
  ])
  task.push(numbers(topic, 7, 1))
  await task.waiting()
  source.runner.stop()
  await source.ended
  // Nobody asked for the last one to be committed.
  expect(await committed(5)).toHaveLength(5)
})

test('I2, I7: a zombie is refused once another instance has begun, and says why it failed', async () => {
  const { topic, committed, positions, run } = await place()
  const old = waitingSource()
  old.push(numbers(topic, 0, 3))
  const zombie = run(old)
  await old.waiting()
  old.push(numbers(topic, 3, 2))
  await old.waiting()

  const fresh = waitingSource()
  const heir = run(fresh)
  await fresh.waiting()
  old.push(numbers(topic, 5, 4))
  const trace = traceOf(await zombie.ended.catch((error: unknown) => error))
  expect(trace).toContain('The task numbers-0 was unable to finish writing records to Kafka')
  expect(trace).toContain('another producer has the transactional id')
  fresh.push(numbers(topic, 5, 2))
  await fresh.waiting()
  heir.runner.stop()
  await heir.ended
  expect(await committed(7)).toEqual(texts(0, 7))
  expect(await positions(3)).toEqual([3, 5, 7])
})

test('I7: whoever finds that newer task configs exist runs nothing of the task', async () => {
  const { run } = await place()
  const task = waitingSource()
  const source = run(task, boundaryAtPolls(), { ensureCurrent: () => Promise.reject(new Error('newer ones exist')) })
  await expect(source.ended).rejects.toThrow('newer ones exist')
  expect(task.calls).toEqual(['stop'])
})

test('I1, I2: a broker that is restarted while transactions end costs and doubles nothing', async () => {
  const { topic, committed, positions, run } = await place()
  const task = waitingSource()
  const source = run(task)
  let sent = 0
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 20; n++, sent += 5) task.push(numbers(topic, sent, 5))
    if (round < 2) {
      await kafka.stop()
      await kafka.start()
    }
  }
  await task.waiting()
  source.runner.stop()
  await source.ended
  expect(await committed(sent)).toEqual(texts(0, sent))
  expect((await positions(1)).at(-1)).toBe(sent)
})

test('commitRecord is told after the commit, in order, and then commit', async () => {
  const { topic, run } = await place()
  const calls: string[] = []
  const task = waitingSource({
    commitRecord: (record, metadata) => void calls.push(`${record.value} at ${metadata?.offset}`),
    commit: () => void calls.push('commit'),
  })
  task.push(numbers(topic, 0, 3))
  const source = run(task, boundaryAtIntervals(600_000))
  await task.waiting()
  expect(calls).toEqual([])
  source.runner.stop()
  await source.ended
  expect(calls).toEqual(['0 at 0', '1 at 1', '2 at 2', 'commit'])
})

test('what the broker refuses fails the task whatever it tolerates, and nothing of the batch is seen', async () => {
  const { topic, committed, run } = await place()
  const narrow = `n-${randomUUID()}`
  await createAdmin(client).createTopics([
    { name: narrow, partitions: 1, replicationFactor: 1, config: { 'max.message.bytes': '200' } },
  ])
  const task = waitingSource()
  task.push([...numbers(topic, 0, 2), numbered(narrow, 2, { value: 'x'.repeat(1_000) })])
  const source = run(task)
  await expect(source.ended).rejects.toThrow('Failed to flush offsets and/or records for task numbers-0')
  expect(await committed(0)).toEqual([])
})

test('a record for the offsets topic of the task is refused', async () => {
  const { offsetsTopic, run } = await place()
  const task = waitingSource()
  task.push(numbers(offsetsTopic, 0, 1))
  await expect(run(task).ended).rejects.toThrow(
    'Source tasks may not produce to their own offsets topics when exactly-once support is enabled',
  )
})
