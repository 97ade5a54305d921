import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { type Script, startScriptedBroker } from '#server/kafka/testdata/scripted-broker.ts'
import { encodeBatch, noProducer } from '#server/protocol/record-batch.ts'
import { createBudget } from '#server/topics/budget.ts'
import { containing } from '#server/topics/contains.ts'
import { kafkaSettings } from '#server/topics/kafka-settings.ts'
import { readNewest } from '#server/topics/read-newest.ts'
import { readOnward } from '#server/topics/read-onward.ts'
import { openSession, pageMaxWaitMs } from '#server/topics/session.ts'
import { startRestartableKafka } from '#server/topics/testdata/restartable-kafka.ts'
import { createTopics } from '#server/topics/topics.ts'

/** A batch of one producer's transaction at an offset. */
function transactional(baseOffset: number, producerId: number, values: string[]): Buffer {
  const records = values.map((value) => ({ key: null, value: Buffer.from(value) }))
  const producer = { ...noProducer, producerId, epoch: 0, sequence: 0, transactional: true }
  const batch = encodeBatch(records, { timestamp: 1_000 + baseOffset, producer })
  batch.writeBigInt64BE(BigInt(baseOffset))
  return batch
}

/** A topic of one partition from offset 0 to `end`, whose fetches are answered as the test says. */
async function scripted(end: number, fetch: NonNullable<Script['Fetch']>) {
  const broker = await startScriptedBroker({
    ListOffsets: ({ body }) => ({
      topics: body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => ({
          partitionIndex,
          offset: timestamp === -2 || partitionIndex > 0 ? 0 : end,
        })),
      })),
    }),
    Fetch: fetch,
  })
  const topics = createTopics({
    kafka: { 'bootstrap.servers': `127.0.0.1:${broker.port}` },
    clock: systemClock,
    logger: quietLogger,
  })
  return {
    topics,
    broker,
    async [Symbol.asyncDispose]() {
      await topics[Symbol.asyncDispose]()
      await broker[Symbol.asyncDispose]()
    },
  }
}

const query = { topic: 't', from: { at: 'oldest' }, limit: 10, format: 'text' } as const

test('records of an aborted transaction never show', async () => {
  await using kafka = await scripted(4, ({ body }) => ({
    responses: body.topics.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition }) => ({
        partitionIndex: partition,
        highWatermark: 4,
        lastStableOffset: 4,
        abortedTransactions: [{ producerId: 7, firstOffset: 1 }],
        records: Buffer.concat([
          transactional(0, 8, ['kept']),
          transactional(1, 7, ['no', 'nor this']),
          transactional(3, 8, ['kept too']),
        ]),
      })),
    })),
  }))
  for (const at of ['oldest', 'newest'] as const) {
    const page = await kafka.topics.read({ ...query, from: { at } }, AbortSignal.timeout(30_000))
    expect(page.map(({ offset, value }) => [offset, value?.text])).toEqual([
      [0, 'kept'],
      [3, 'kept too'],
    ])
  }
  const fetches = kafka.broker.requests.flatMap((request) => (request.api === 'Fetch' ? [request.body] : []))
  expect(new Set(fetches.map(({ isolationLevel }) => isolationLevel))).toEqual(new Set([1]))
})

test('an end that is promised and never comes ends the page with what was found', async () => {
  await using kafka = await scripted(100, async ({ body }) => {
    const [topic] = body.topics
    const from = topic?.partitions[0]?.fetchOffset ?? 0
    return {
      responses: [
        {
          topic: topic?.topic ?? '',
          topicId: topic?.topicId ?? '',
          partitions: [
            { partitionIndex: 0, highWatermark: 100, records: from === 0 ? transactional(0, 8, ['found']) : null },
          ],
        },
      ],
    }
  })
  const page = await kafka.topics.read({ ...query, partition: 0 }, AbortSignal.timeout(30_000))
  expect(page.map(({ value }) => value?.text)).toEqual(['found'])
})

test('a partition without a leader is an error that names it, not a page without its records', async () => {
  await using broker = await startScriptedBroker({
    Metadata: ({ body }) => ({
      brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
      controllerId: 1,
      topics: (body.topics ?? []).map(({ name }) => ({
        name,
        partitions: [1, -1].map((leaderId, partitionIndex) => ({ partitionIndex, leaderId })),
      })),
    }),
    ListOffsets: ({ body }) => ({
      topics: body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, offset: 0 })),
      })),
    }),
  })
  const properties = { 'bootstrap.servers': `127.0.0.1:${broker.port}` }
  await using topics = createTopics({ kafka: properties, clock: systemClock, logger: quietLogger })
  const failure = { code: 'KAFKA_UNAVAILABLE', message: expect.stringContaining('Partition 1 of t') }
  await expect(topics.read(query, AbortSignal.timeout(30_000))).rejects.toMatchObject(failure)
})

test('an abort ends a page that waits for an answer', async () => {
  const asked = Promise.withResolvers<void>()
  await using kafka = await scripted(5, () => {
    asked.resolve()
    return 'silence'
  })
  const reading = new AbortController()
  const page = kafka.topics.read(query, reading.signal)
  await asked.promise
  const startedAt = Date.now()
  reading.abort()
  await expect(page).rejects.toThrow(/aborted/)
  expect(Date.now() - startedAt).toBeLessThan(2_000)
})

test('a rare word in a large topic ends with the budget and what was found', async () => {
  await using kafka = await startRestartableKafka()
  const topic = await kafka.newTopic()
  const filler = 'x'.repeat(900_000)
  for (let i = 0; i < 30; i++) await kafka.fill(topic, [{ value: i === 1 || i === 28 ? `rare ${i}` : filler }])
  const settings = kafkaSettings({ 'bootstrap.servers': kafka.bootstrapServers })
  const signal = AbortSignal.timeout(60_000)
  await using session = openSession({ settings, clock: systemClock, logger: quietLogger }, signal)
  const reader = { client: session.client, signal, fetcher: session.openFetcher(pageMaxWaitMs) }
  const wanted = (bytes: number) => ({
    topic,
    filter: containing('rare'),
    limit: 2,
    keep: ({ partition, offset, timestamp }: { partition: number; offset: number; timestamp: number }) => ({
      partition,
      offset,
      timestamp,
    }),
    budget: createBudget(systemClock, { bytes, ms: 60_000 }),
  })
  const range = { topic, partition: 0, start: 0, end: 30 }
  const offsets = (page: { offset: number }[]) => page.map(({ offset }) => offset)
  const tenBatches = 10_000_000
  expect(offsets(await readOnward(reader, [{ partition: 0, from: 0, to: 30 }], wanted(tenBatches)))).toEqual([1])
  expect(offsets(await readNewest(reader, [range], wanted(tenBatches)))).toEqual([28])
  expect(offsets(await readNewest(reader, [range], wanted(100_000_000)))).toEqual([1, 28])
})
