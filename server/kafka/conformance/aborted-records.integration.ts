import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAdmin } from '#server/kafka/admin.ts'
import { createFetcher } from '#server/kafka/fetcher.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { type KafkaUnderTest, openKafkaUnderTest, valuesOf } from '#server/kafka/testdata/kafka-under-test.ts'
import { createTransactionalProducer } from '#server/kafka/transactional-producer.ts'

// The cases on which other clients of Node show records of aborted transactions, or hide what was committed.

let kafka: KafkaUnderTest
beforeAll(async () => {
  kafka = await openKafkaUnderTest()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const record = (value: string, key: Buffer | null = null) => ({ key, value: Buffer.from(value), partition: 0 })

async function transaction() {
  const transactional = createTransactionalProducer(kafka.client, { transactionalId: `x-${randomUUID()}` })
  await transactional.initTransactions()
  return transactional
}

async function plain(topic: string, ...values: string[]) {
  await using producer = createProducer(kafka.client, { acks: -1, idempotent: true })
  for (const value of values) await producer.produce(topic, [record(value)])
}

/** What a reader of committed records sees that starts at an offset, once every transaction has ended. */
async function committedFrom(topic: string, offset: number, partitionMaxBytes?: number): Promise<string[]> {
  const at = { topic, partition: 0 }
  const admin = createAdmin(kafka.client)
  const end = async (isolation: 'read_committed' | 'read_uncommitted') =>
    (await admin.listOffsets([at], 'latest', isolation))[0]?.offset ?? -1
  let last = 0
  // A marker is written after the answer that promises it, and the end moves with it.
  const ended = async () => {
    last = await end('read_uncommitted')
    return (await end('read_committed')) === last
  }
  await expect.poll(ended, { timeout: 20_000 }).toBe(true)
  await using fetcher = createFetcher(kafka.client, {
    isolation: 'read_committed',
    resetPolicy: 'none',
    ...(partitionMaxBytes !== undefined && { partitionMaxBytes }),
  })
  fetcher.assign([{ ...at, offset }])
  const signal = AbortSignal.timeout(30_000)
  const values: string[] = []
  while ((fetcher.position(at) ?? 0) < last) {
    signal.throwIfAborted()
    values.push(...valuesOf(await fetcher.poll(signal, 500)))
  }
  return values
}

test('K1: a record whose key looks like an abort marker ends no transaction', async () => {
  const topic = await kafka.newTopic()
  const intZero = Buffer.alloc(4)
  await using transactional = await transaction()
  transactional.begin()
  await transactional.producer.produce(topic, [record('aborted 1', intZero)])
  await transactional.producer.produce(topic, [record('aborted 2', intZero)])
  await plain(topic, 'seen')
  await transactional.producer.produce(topic, [record('aborted 3')])
  await transactional.abort()
  transactional.begin()
  await transactional.producer.produce(topic, [record('committed', intZero)])
  await transactional.commit()
  for (const from of [0, 1, 2]) expect(await committedFrom(topic, from)).toEqual(['seen', 'committed'])
})

test('K2: whoever starts in the middle of aborted transactions that overlap sees none of them', async () => {
  const topic = await kafka.newTopic()
  await using one = await transaction()
  await using other = await transaction()
  one.begin()
  other.begin()
  await one.producer.produce(topic, [record('one, aborted')])
  await other.producer.produce(topic, [record('other, aborted')])
  await plain(topic, 'seen')
  await one.producer.produce(topic, [record('one, aborted too')])
  await other.producer.produce(topic, [record('other, aborted too')])
  await other.abort()
  await one.abort()
  for (const from of [0, 1, 2]) expect(await committedFrom(topic, from)).toEqual(['seen'])
  for (const from of [3, 4]) expect(await committedFrom(topic, from)).toEqual([])
})

test('P3: of several transactions of one producer in one answer each is judged by itself', async () => {
  const topic = await kafka.newTopic()
  await using transactional = await transaction()
  const outcomes = ['abort', 'abort', 'commit', 'abort', 'commit'] as const
  for (const [at, outcome] of outcomes.entries()) {
    transactional.begin()
    await transactional.producer.produce(topic, [record(`${outcome} ${at}`)])
    await transactional[outcome]()
  }
  expect(await committedFrom(topic, 0)).toEqual(['commit 2', 'commit 4'])
})

test('P4: an aborted transaction that is larger than an answer stays hidden in every answer', async () => {
  const topic = await kafka.newTopic()
  await using transactional = await transaction()
  transactional.begin()
  for (let at = 0; at < 16; at++) {
    await transactional.producer.produce(topic, [record(`${at}`.padEnd(64 * 1024, '.'))])
  }
  await transactional.abort()
  transactional.begin()
  await transactional.producer.produce(topic, [record('committed')])
  await transactional.commit()
  expect(await committedFrom(topic, 0, 128 * 1024)).toEqual(['committed'])
  expect(await committedFrom(topic, 7, 1)).toEqual(['committed'])
})
