import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { type RestartableKafka, startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { createTopicLog, type ReadRecord } from '#server/runtime/topic-log.ts'

let kafka: RestartableKafka
beforeAll(async () => {
  kafka = await startRestartableKafka()
})
afterAll(() => kafka[Symbol.asyncDispose]())

interface Options {
  name?: string
  partitions?: number
  settings?: Record<string, string>
  onRecord?: (record: ReadRecord) => void
}

/** A log with a client and a producer of its own, and everything that it handed over. */
function openLog({ name = `t-${randomUUID()}`, partitions = 1, settings = {}, onRecord }: Options = {}) {
  const shared = { clock: systemClock, logger: quietLogger }
  const client = createKafkaClient({ bootstrapServers: [kafka.bootstrapServers], clientId: 'test', ...shared })
  const admin = createAdmin(client)
  const producer = createProducer(client, { acks: -1, idempotent: true })
  const read: ReadRecord[] = []
  const log = createTopicLog({
    ...shared,
    ...{ client, admin, producer, setting: 'offset.storage.topic', holds: 'source connector offsets' },
    topic: { name, partitions, replicationFactor: 1, settings },
    onRecord(record) {
      read.push(record)
      onRecord?.(record)
    },
  })
  return {
    ...{ log, read, client, admin, producer, name },
    /** As a worker closes: first what waits for Kafka ends, then those who wait. */
    start: () => log.start(new AbortController().signal),
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      await log[Symbol.asyncDispose]()
      await producer[Symbol.asyncDispose]()
    },
  }
}

const numbered = (count: number, key = (i: number) => `k${i}`) =>
  Array.from({ length: count }, (_, i) => ({ key: key(i), value: `${i}` }))

describe('a topic that is missing', () => {
  test('is created with the settings of the worker, and compacted', async () => {
    await using opened = openLog({ partitions: 3, settings: { 'segment.ms': '3600000' } })
    await opened.start()
    expect((await opened.client.topic(opened.name)).partitions).toHaveLength(3)
    const settings = new Map((await opened.admin.topicConfig(opened.name)).map(({ name, value }) => [name, value]))
    expect(settings.get('cleanup.policy')).toBe('compact')
    expect(settings.get('segment.ms')).toBe('3600000')
  })

  test('is created once when two workers start together', async () => {
    await using first = openLog()
    await using second = openLog({ name: first.name })
    await Promise.all([first.start(), second.start()])
    await first.log.write([{ key: 'k', value: 'v' }])
    await second.log.readToEnd()
    expect(second.read).toMatchObject([{ key: 'k', value: 'v' }])
  })
})

test.each(['delete', 'compact,delete'])('a topic with cleanup.policy=%s is refused', async (policy) => {
  await using opened = openLog()
  const config = { 'cleanup.policy': policy }
  await opened.admin.createTopics([{ name: opened.name, partitions: 1, replicationFactor: 1, config }])
  await expect(opened.start()).rejects.toMatchObject({
    code: 'SETTING_INVALID',
    message: `Topic '${opened.name}' supplied via the 'offset.storage.topic' property is required to have 'cleanup.policy=compact' to guarantee consistency and durability of source connector offsets, but found the topic currently has 'cleanup.policy=${policy}'. Continuing would likely result in eventually losing source connector offsets and problems restarting this Connect cluster in the future. Change the 'offset.storage.topic' property in the Connect worker configurations to use a topic with 'cleanup.policy=compact'.`,
  })
})

describe('everything in the topic is read', () => {
  test('before start resolves, over 25 partitions, in order within each', async () => {
    await using writer = openLog({ partitions: 25 })
    await writer.start()
    const records = numbered(2_000, (i) => `k${i % 100}`)
    await writer.log.append(records)
    await using reader = openLog({ name: writer.name })
    await reader.start()
    expect(reader.read).toHaveLength(records.length)
    for (let key = 0; key < 100; key++) {
      const values = reader.read.filter((record) => record.key === `k${key}`).map(({ value }) => Number(value))
      expect(values).toEqual(Array.from({ length: 20 }, (_, i) => key + 100 * i))
    }
    expect(new Set(reader.read.map(({ partition }) => partition)).size).toBeGreaterThan(20)
  })

  test('when readToEnd resolves, whoever wrote it', async () => {
    await using writer = openLog({ partitions: 5 })
    await using reader = openLog({ name: writer.name })
    await writer.start()
    await reader.start()
    for (let round = 1; round <= 20; round++) {
      await writer.log.append(numbered(10))
      await reader.log.readToEnd()
      expect(reader.read).toHaveLength(10 * round)
    }
  })

  test('by the writer before its write resolves, tombstones too', async () => {
    await using opened = openLog()
    await opened.start()
    await opened.log.write([
      { key: 'k', value: 'v' },
      { key: 'k', value: null },
    ])
    expect(opened.read).toEqual([
      { partition: 0, offset: 0, key: 'k', value: 'v' },
      { partition: 0, offset: 1, key: 'k', value: null },
    ])
  })

  test('also when a listener falls over one record', async () => {
    await using opened = openLog({
      onRecord({ key }) {
        if (key === 'k1') throw new Error('no')
      },
    })
    await opened.start()
    await opened.log.write(numbered(3))
    expect(opened.read.map(({ key }) => key)).toEqual(['k0', 'k1', 'k2'])
  })

  test('of a partition whose records are all gone, which is nothing', async () => {
    await using opened = openLog()
    const config = { 'cleanup.policy': 'delete' }
    await opened.admin.createTopics([{ name: opened.name, partitions: 2, replicationFactor: 1, config }])
    await opened.producer.produce(opened.name, [{ partition: 1, key: Buffer.from('old'), value: null }])
    await opened.admin.deleteRecords([{ topic: opened.name, partition: 1, offset: 1 }])
    await opened.admin.alterTopicConfig(opened.name, { 'cleanup.policy': 'compact' })
    await opened.start()
    expect(opened.read).toEqual([])
  })
})

describe('a broker that is restarted', () => {
  test('in the middle of writing costs no record, and hands none over twice or out of order', async () => {
    await using opened = openLog({ partitions: 25 })
    await using reader = openLog({ name: opened.name })
    await opened.start()
    await reader.start()
    const batches: Promise<void>[] = []
    for (let batch = 0; batch < 60; batch++) {
      batches.push(
        opened.log.append(
          numbered(50, (i) => `k${i % 10}`).map((r) => ({ ...r, value: `${batch * 50 + Number(r.value)}` })),
        ),
      )
      await new Promise((resolve) => setImmediate(resolve))
      if (batch === 20) await kafka.stop()
      if (batch === 30) await kafka.start()
      if (batch === 45) {
        await kafka.stop()
        await kafka.start()
      }
    }
    await Promise.all(batches)
    await Promise.all([opened.log.readToEnd(), reader.log.readToEnd()])
    for (const { read } of [opened, reader]) {
      expect(read).toHaveLength(3000)
      for (let key = 0; key < 10; key++) {
        const values = read.filter((record) => record.key === `k${key}`).map(({ value }) => Number(value))
        expect(values).toEqual(values.toSorted((a, b) => a - b))
      }
    }
  })

  test('in the middle of reading to the end is waited for', async () => {
    await using writer = openLog({ partitions: 25 })
    await writer.start()
    await writer.log.append(numbered(500))
    await using reader = openLog({ name: writer.name })
    const started = reader.start()
    await kafka.stop()
    await kafka.start()
    await started
    expect(reader.read).toHaveLength(500)
    const again = reader.log.readToEnd()
    await kafka.stop()
    await kafka.start()
    await again
    expect(reader.read).toHaveLength(500)
  })
})

describe('while Kafka is away', () => {
  test('whoever gives up reading to the end is let go at once', async () => {
    await using opened = openLog()
    await opened.start()
    await kafka.stop()
    const patience = new AbortController()
    const reading = opened.log.readToEnd(patience.signal)
    patience.abort()
    await expect(reading).rejects.toMatchObject({ code: 'WORKER_STOPPING' })
    await kafka.start()
  })

  test('a log closes without waiting for it', async () => {
    const opened = openLog({ partitions: 25 })
    await opened.start()
    await kafka.stop()
    const reading = opened.log.readToEnd().catch((error: unknown) => error)
    const before = performance.now()
    await opened[Symbol.asyncDispose]()
    expect(performance.now() - before).toBeLessThan(3_000)
    expect(await reading).toMatchObject({ code: 'WORKER_STOPPING' })
    await kafka.start()
  })
})
