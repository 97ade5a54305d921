import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import type { ReadQuery, Topics } from '#server/contract/topics.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { type RestartableKafka, realKafka, startRestartableKafka } from '#server/topics/testdata/restartable-kafka.ts'
import { createTopics } from '#server/topics/topics.ts'

let kafka: RestartableKafka
let topics: Topics
const newTopics = (bootstrapServers = kafka.bootstrapServers) =>
  createTopics({ kafka: { 'bootstrap.servers': bootstrapServers }, clock: systemClock, logger: quietLogger })

const unhandled: unknown[] = []
const onUnhandled = (reason: unknown) => unhandled.push(reason)

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled)
  kafka = await startRestartableKafka()
  topics = newTopics()
})
afterAll(async () => {
  await topics[Symbol.asyncDispose]()
  await kafka[Symbol.asyncDispose]()
  process.off('unhandledRejection', onUnhandled)
  expect(unhandled).toEqual([])
})

const deadline = () => AbortSignal.timeout(60_000)
/** Old enough to be told from now, too young for retention. */
const base = Date.now() - 3_600_000
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, i) => ({ value: `${from + i}` }))

/** The values of a page, as text. */
async function valuesOf(query: Partial<ReadQuery> & { topic: string }, of = topics): Promise<(string | undefined)[]> {
  const page = await of.read({ from: { at: 'oldest' }, limit: 10, format: 'text', ...query }, deadline())
  return page.map(({ value }) => value?.text)
}

describe('lists', () => {
  test('partitions, records as end minus start, and which topics are internal', async () => {
    const topic = await kafka.newTopic(3)
    await kafka.fill(topic, [...numbered(5), { value: 'x', partition: 2 }])
    await createAdmin(kafka.client).deleteRecords([{ topic, partition: 0, offset: 2 }])
    await createAdmin(kafka.client).alterGroupOffsets(`g-${randomUUID()}`, [{ topic, partition: 0, offset: 1 }])
    const list = await topics.list()
    expect(list.find(({ name }) => name === topic)).toEqual({ name: topic, partitions: 3, internal: false, records: 4 })
    expect(list.find(({ name }) => name === '__consumer_offsets')?.internal).toBe(true)
    expect(list.map(({ name }) => name)).toEqual(list.map(({ name }) => name).toSorted())
  })
})

describe('describes', () => {
  test('where each partition begins and ends, and its settings', async () => {
    const topic = await kafka.newTopic(2, { 'retention.ms': '1234567' })
    await kafka.fill(topic, [...numbered(4), { value: 'x', partition: 1 }])
    await createAdmin(kafka.client).deleteRecords([{ topic, partition: 0, offset: 1 }])
    const detail = await topics.describe(topic)
    expect(detail).toMatchObject({ name: topic, partitions: 2, internal: false, records: 4 })
    expect(detail.offsets).toEqual([
      { partition: 0, start: 1, end: 4 },
      { partition: 1, start: 0, end: 1 },
    ])
    expect(await topics.offsets([`missing-${randomUUID()}`, topic, 'no such name!'])).toEqual([
      { name: topic, offsets: detail.offsets },
    ])
    expect(await topics.offsets([])).toEqual([])
    expect(detail.config).toContainEqual({ name: 'retention.ms', value: '1234567', isDefault: false })
    expect(detail.config.find(({ name }) => name === 'cleanup.policy')?.isDefault).toBe(true)
  })

  test('nothing that is asked of an unknown topic creates it', async () => {
    const missing = { code: 'TOPIC_NOT_FOUND' }
    const topic = `missing-${randomUUID()}`
    await expect(topics.describe(topic)).rejects.toMatchObject(missing)
    await expect(valuesOf({ topic })).rejects.toMatchObject(missing)
    expect(await topics.offsets([topic])).toEqual([])
    await expect(topics.produce({ topic, key: null, value: 'x', headers: [] })).rejects.toMatchObject(missing)
    const frames = topics.tail({ topic, format: 'text', backlog: 0 }, deadline())[Symbol.asyncIterator]()
    await expect(frames.next()).rejects.toMatchObject(missing)
    await expect(topics.describe('no such name!')).rejects.toMatchObject(missing)
    expect((await topics.list()).map(({ name }) => name)).not.toContain(topic)
  })
})

describe('produces', () => {
  test('to the partition that is asked for, with headers, nulls and an offset as answer', async () => {
    const topic = await kafka.newTopic(3)
    const headers = [
      { name: '__proto__', value: 'a' },
      { name: 'h', value: '1' },
      { name: 'h', value: '' },
    ]
    expect(await topics.produce({ topic, partition: 2, key: 'k1', value: '{"note":"żółw"}', headers })).toEqual({
      partition: 2,
      offset: '0',
    })
    expect(await topics.produce({ topic, partition: 2, key: 'k1', value: null, headers: [] })).toEqual({
      partition: 2,
      offset: '1',
    })
    const [record, tombstone] = await topics.read(
      { topic, from: { at: 'oldest' }, limit: 10, format: 'auto' },
      deadline(),
    )
    const text = (shown: string) => ({ text: shown, format: 'text', truncated: false })
    expect(record).toMatchObject({
      key: text('k1'),
      value: { text: '{"note":"żółw"}', format: 'json', truncated: false },
      headers: [
        { name: '__proto__', value: text('a') },
        { name: 'h', value: { text: '1' } },
        { name: 'h', value: text('') },
      ],
    })
    expect(record?.size).toBe(2 + 18 + 9 + 1 + 1 + 1 + 1)
    expect(tombstone).toMatchObject({ key: text('k1'), value: null, headers: [] })
  })

  test('a key to the partition that Kafka itself chooses for it', async () => {
    const topic = await kafka.newTopic(5)
    const partitionOf = async (key: string) => (await topics.produce({ topic, key, value: 'v', headers: [] })).partition
    await using producerOfOurs = createProducer(kafka.client, { acks: -1, idempotent: true })
    for (const key of ['k1', 'k2', 'żółw', '']) {
      const [ours] = await producerOfOurs.produce(topic, [{ key: Buffer.from(key), value: Buffer.from('v') }])
      expect(await partitionOf(key)).toBe(ours?.partition)
    }
  })

  test('to a new topic also after one that it wrote to was deleted', async () => {
    const [first, second] = [await kafka.newTopic(), await kafka.newTopic()]
    await topics.produce({ topic: first, key: null, value: 'x', headers: [] })
    await createAdmin(kafka.client).deleteTopics([first])
    expect(await topics.produce({ topic: second, key: null, value: 'x', headers: [] })).toMatchObject({ offset: '0' })
  })

  test('nothing to a partition that does not exist, and says why Kafka refuses a record', async () => {
    const topic = await kafka.newTopic(1, { 'max.message.bytes': '2000' })
    const record = { topic, key: null, value: 'x', headers: [] }
    await expect(topics.produce({ ...record, partition: 1 })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(topics.produce({ ...record, value: 'x'.repeat(5000) })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    expect(await topics.produce(record)).toEqual({ partition: 0, offset: '0' })
  })
})

describe('reads', () => {
  test('from the newest, the oldest, an offset and a time, oldest first', async () => {
    const topic = await kafka.newTopic()
    await kafka.fill(
      topic,
      numbered(30).map((record, i) => ({ ...record, timestamp: base + i * 10 })),
    )
    const read = (from: ReadQuery['from']) => valuesOf({ topic, from, limit: 3 })
    expect(await read({ at: 'newest' })).toEqual(['27', '28', '29'])
    expect(await read({ at: 'oldest' })).toEqual(['0', '1', '2'])
    expect(await read({ at: 'offset', offset: 12 })).toEqual(['12', '13', '14'])
    expect(await read({ at: 'offset', offset: 28 })).toEqual(['28', '29'])
    expect(await read({ at: 'offset', offset: 99 })).toEqual([])
    expect(await read({ at: 'time', ms: base + 95 })).toEqual(['10', '11', '12'])
    expect(await read({ at: 'time', ms: -1 })).toEqual(['0', '1', '2'])
    expect(await read({ at: 'time', ms: base + 9_000 })).toEqual([])
  })

  test('the newest of all partitions together by their time, and empty partitions do not matter', async () => {
    const topic = await kafka.newTopic(4)
    const records = Array.from({ length: 40 }, (_, i) => ({
      value: `${i}`,
      timestamp: base + i,
      partition: i < 35 ? i % 2 : 2,
    }))
    await kafka.fill(topic, records)
    expect(await valuesOf({ topic, from: { at: 'newest' }, limit: 8 })).toEqual(
      records.slice(-8).map(({ value }) => value),
    )
    expect(await valuesOf({ topic, limit: 8 })).toEqual(records.slice(0, 8).map(({ value }) => value))
    expect(await valuesOf({ topic, partition: 1, limit: 3 })).toEqual(['1', '3', '5'])
    expect(await valuesOf({ topic, partition: 3 })).toEqual([])
    await expect(valuesOf({ topic, partition: 4 })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  test('only records whose key or value contains a text, however far back', async () => {
    const topic = await kafka.newTopic(2)
    const filler = (n: number) => Array.from({ length: n }, (_, i) => ({ value: `nothing ${i}`, partition: i % 2 }))
    await kafka.fill(topic, [{ key: 'żółw-1', value: 'a' }])
    await kafka.fill(topic, filler(3_000))
    await kafka.fill(topic, [{ value: 'has a żółw in it', partition: 1 }])
    await kafka.fill(topic, filler(3_000))
    for (const at of ['newest', 'oldest'] as const) {
      expect(await valuesOf({ topic, from: { at }, contains: 'żółw', limit: 5 })).toEqual(['a', 'has a żółw in it'])
    }
    expect(await valuesOf({ topic, from: { at: 'newest' }, contains: 'żółw', limit: 1 })).toEqual(['has a żółw in it'])
    expect(await valuesOf({ topic, contains: 'not there' })).toEqual([])
  })

  test('past the gaps that compaction and deletion leave', async () => {
    const topic = await kafka.newTopic(1, {
      'cleanup.policy': 'compact,delete',
      'min.cleanable.dirty.ratio': '0',
      'segment.bytes': '1048576',
      'retention.ms': '-1',
    })
    for (let round = 0; round < 20; round++) {
      await kafka.fill(topic, [{ key: 'same', value: `${round} ${'v'.repeat(150_000)}` }])
    }
    const firstWords = async (at: 'oldest' | 'newest') =>
      (await valuesOf({ topic, from: { at }, limit: 100 })).map((value) => value?.split(' ')[0])
    // Compaction runs when it likes; every page on the way must end and end with the newest record.
    await expect
      .poll(
        async () => {
          const page = await firstWords('oldest')
          expect(page.at(-1)).toBe('19')
          return page.length
        },
        { timeout: 60_000 },
      )
      .toBeLessThan(10)
    expect(await firstWords('newest')).toEqual(await firstWords('oldest'))
    await createAdmin(kafka.client).deleteRecords([{ topic, partition: 0, offset: 20 }])
    expect(await firstWords('oldest')).toEqual([])
    expect(await firstWords('newest')).toEqual([])
  })

  test('long values by their beginning, numbers digit by digit, and bytes that are no text as hex', async () => {
    const topic = await kafka.newTopic()
    await kafka.fill(topic, [
      { value: 'ż'.repeat(20_000) },
      { value: '{"id":12345678901234567890,"x":1.10}' },
      { value: Buffer.from([0, 0, 0, 0, 5, 0xff]) },
    ])
    const page = await topics.read({ topic, from: { at: 'oldest' }, limit: 10, format: 'auto' }, deadline())
    expect(page[0]?.value?.truncated).toBe(true)
    expect(page[0]?.value?.text).toMatch(/^ż+$/)
    expect(page[0]?.size).toBe(40_000)
    expect(page[1]?.value).toEqual({ text: '{"id":12345678901234567890,"x":1.10}', format: 'json', truncated: false })
    expect(page[2]?.value).toEqual({ text: '0000000005ff', format: 'hex', truncated: false })
  })

  test('until its signal aborts', async () => {
    const topic = await kafka.newTopic()
    await expect(
      topics.read({ topic, from: { at: 'oldest' }, limit: 1, format: 'auto' }, AbortSignal.abort()),
    ).rejects.toThrow(/aborted/)
  })

  test('no record of an aborted transaction, and those around it', async () => {
    const { Kafka, logLevel } = await import('kafkajs')
    const topic = await kafka.newTopic()
    const brokers = kafka.bootstrapServers.split(',')
    const producer = new Kafka({ brokers, logLevel: logLevel.NOTHING }).producer({
      transactionalId: randomUUID(),
      idempotent: true,
      maxInFlightRequests: 1,
    })
    await producer.connect()
    for (const [value, end] of [
      ['kept', 'commit'],
      ['dropped', 'abort'],
      ['kept too', 'commit'],
      ['dropped', 'abort'],
    ] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value }] })
      await transaction[end]()
    }
    const open = await producer.transaction()
    await open.send({ topic, messages: [{ value: 'not yet' }] })
    for (const at of ['newest', 'oldest'] as const) {
      expect(await valuesOf({ topic, from: { at } })).toEqual(['kept', 'kept too'])
    }
    await open.commit()
    await expect.poll(() => valuesOf({ topic })).toEqual(['kept', 'kept too', 'not yet'])
    await producer.disconnect()
  })
})

test('a Kafka that is away is an error within seconds, whatever is asked', async () => {
  await using away = newTopics('127.0.0.1:1')
  const unavailable = { code: 'KAFKA_UNAVAILABLE' }
  await expect(away.list()).rejects.toMatchObject(unavailable)
  await expect(away.describe('t')).rejects.toMatchObject(unavailable)
  await expect(away.offsets(['t'])).rejects.toMatchObject(unavailable)
  await expect(valuesOf({ topic: 't' }, away)).rejects.toMatchObject(unavailable)
  await expect(away.produce({ topic: 't', key: null, value: 'x', headers: [] })).rejects.toMatchObject(unavailable)
  const frames = away.tail({ topic: 't', format: 'text', backlog: 0 }, deadline())[Symbol.asyncIterator]()
  await expect(frames.next()).rejects.toMatchObject(unavailable)
})

test.skipIf(realKafka)('lists, reads and produces again after Kafka was away', async () => {
  const topic = await kafka.newTopic()
  const record = { topic, key: null, value: 'x', headers: [] }
  await topics.produce(record)
  await kafka.stop()
  await expect(topics.list()).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' })
  await expect(topics.produce(record)).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' })
  await kafka.start()
  expect((await topics.list()).find(({ name }) => name === topic)?.records).toBe(1)
  expect(await topics.produce(record)).toEqual({ partition: 0, offset: '1' })
  expect(await valuesOf({ topic })).toEqual(['x', 'x'])
})

test('settings that cannot work are refused at once', () => {
  const withKafka = (kafkaProperties: Record<string, string>) => () =>
    createTopics({ kafka: kafkaProperties, clock: systemClock, logger: quietLogger })
  expect(withKafka({})).toThrow(/bootstrap\.servers/)
  expect(withKafka({ 'bootstrap.servers': 'h:1', 'security.protocol': 'SASL_SSL' })).toThrow(/sasl\.mechanism/)
})
