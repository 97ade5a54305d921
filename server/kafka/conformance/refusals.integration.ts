import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type KafkaUnderTest, openKafkaUnderTest } from '#server/kafka/testdata/kafka-under-test.ts'
import { createTransactionalProducer } from '#server/kafka/transactional-producer.ts'
import { type Compression, compressionAttribute } from '#server/protocol/compression.ts'
import { kafkaErrorName } from '#server/protocol/kafka-errors.ts'
import { type BatchProducer, encodeBatch, readBatches } from '#server/protocol/record-batch.ts'

let kafka: KafkaUnderTest
beforeAll(async () => {
  kafka = await openKafkaUnderTest()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const oneRecord = (value = 'v') => [{ key: Buffer.from('k'), value: Buffer.from(value) }]

/** Sends one batch as it is and returns the partition's answer. */
async function send(topic: string, records: Buffer) {
  const { responses } = await kafka.client.call(
    'Produce',
    { acks: -1, timeoutMs: 9000, topicData: [{ name: topic, partitionData: [{ index: 0, records }] }] },
    { leaderOf: { topic, partition: 0 } },
    { maxVersion: 12 },
  )
  const answer = responses[0]?.partitionResponses[0]
  if (!answer) throw new Error('no answer')
  return answer
}

const produce = async (topic: string, records: Buffer) => kafkaErrorName((await send(topic, records)).errorCode)

async function storedBatches(topic: string) {
  const { responses } = await kafka.client.call(
    'Fetch',
    {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: 1 << 20,
      topics: [{ topic, partitions: [{ partition: 0, partitionMaxBytes: 1 << 20 }] }],
    },
    { leaderOf: { topic, partition: 0 } },
    { maxVersion: 12 },
  )
  return [...readBatches(responses[0]?.partitions[0]?.records ?? Buffer.alloc(0), { verifyCrc: true })]
}

test('a partition that is asked for twice in ListOffsets is refused once', async () => {
  const topic = await kafka.newTopic(2)
  const at = (partitionIndex: number, timestamp: number) => ({ partitionIndex, timestamp, currentLeaderEpoch: -1 })
  async function answers() {
    const { topics } = await kafka.client.call(
      'ListOffsets',
      { replicaId: -1, topics: [{ name: topic, partitions: [at(0, -1), at(1, -1), at(0, -2)] }] },
      { leaderOf: { topic, partition: 0 } },
    )
    return topics.flatMap(({ partitions }) => partitions.map((one) => [one.partitionIndex, one.errorCode])).sort()
  }
  // A partition that was just made may still be without its leader.
  await expect.poll(answers, { timeout: 20_000 }).toEqual([
    [0, 42],
    [1, 0],
  ])
})

test('software without a proper name is told nothing', async () => {
  const named = (clientSoftwareName: string, clientSoftwareVersion: string) =>
    kafka.client.call('ApiVersions', { clientSoftwareName, clientSoftwareVersion }, 'any')
  for (const [name, version] of [
    ['', ''],
    ['sluice', ''],
    ['sluice-', '1'],
    ['two words', '1'],
  ] as const) {
    expect(await named(name, version)).toMatchObject({ errorCode: 42, apiKeys: [] })
  }
  expect((await named('s', '1.0-beta')).errorCode).toBe(0)
})

test('inside an open transaction its producer writes nothing outside of it; a wrong sequence is told first', async () => {
  const topic = await kafka.newTopic()
  await using transactional = createTransactionalProducer(kafka.client, { transactionalId: `x-${randomUUID()}` })
  await transactional.initTransactions()
  transactional.begin()
  await transactional.producer.produce(topic, [{ key: null, value: Buffer.from('a'), partition: 0 }])
  const [open] = await storedBatches(topic)
  if (!open) throw new Error('nothing was written')
  const outside = (sequence: number): BatchProducer => ({
    producerId: open.producerId,
    epoch: open.epoch,
    sequence,
    transactional: false,
  })
  const now = { timestamp: Date.now() }
  expect(await produce(topic, encodeBatch(oneRecord(), { ...now, producer: outside(7) }))).toBe(
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
  )
  expect(await produce(topic, encodeBatch(oneRecord(), { ...now, producer: outside(1) }))).toBe('INVALID_TXN_STATE')
  await transactional.abort()
})

test('a record whose time is too far from the broker’s is refused with its batch', async () => {
  const hour = 3_600_000
  const topic = await kafka.newTopic(1, {
    'message.timestamp.before.max.ms': `${hour}`,
    'message.timestamp.after.max.ms': `${hour}`,
  })
  const now = Date.now()
  const batch = (...timestamps: number[]) =>
    encodeBatch(
      timestamps.flatMap((timestamp) => oneRecord().map((record) => ({ ...record, timestamp }))),
      { timestamp: now },
    )
  expect(await produce(topic, batch(now, now - 2 * hour))).toBe('INVALID_TIMESTAMP')
  expect(await produce(topic, batch(now, now + 2 * hour))).toBe('INVALID_TIMESTAMP')
  expect(await produce(topic, batch(now - hour / 2, now + hour / 2, -1))).toBe('NONE')
  const stamped = await kafka.newTopic(1, {
    'message.timestamp.type': 'LogAppendTime',
    'message.timestamp.before.max.ms': `${hour}`,
  })
  expect(await produce(stamped, batch(now - 2 * hour))).toBe('NONE')
})

test('a batch that is refused for some of its records names each of them (KIP-467)', async () => {
  const topic = await kafka.newTopic(1, { 'cleanup.policy': 'compact' })
  const [withKey] = oneRecord()
  const keyless = { key: null, value: Buffer.from('v') }
  if (!withKey) throw new Error('unreachable')
  const now = { timestamp: Date.now() }
  const refused = await send(topic, encodeBatch([withKey, keyless, withKey, keyless], now))
  const batchIndexErrorMessage = `Compacted topic cannot accept message without key in topic partition ${topic}-0`
  expect(refused).toMatchObject({
    errorCode: 87,
    recordErrors: [1, 3].map((batchIndex) => ({ batchIndex, batchIndexErrorMessage })),
  })
  expect(refused.errorMessage).toMatch(/due to 2 record errors in total.*RecordError\(batchIndex=1, message='Compacted/)
  const dated = await kafka.newTopic(1, { 'message.timestamp.before.max.ms': '3600000' })
  const late = await send(dated, encodeBatch([withKey, { ...withKey, timestamp: 5 }], now))
  expect(late).toMatchObject({
    errorCode: 32,
    errorMessage: 'One or more records have been rejected due to invalid timestamp',
    recordErrors: [
      {
        batchIndex: 1,
        batchIndexErrorMessage: expect.stringMatching(/^Timestamp 5 of message with offset 1 is out of/),
      },
    ],
  })
})

test('records are stored in the compression of their topic, whatever they came in', async () => {
  const value = 'compressible '.repeat(50)
  for (const wanted of ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd', 'producer'] as const) {
    const topic = await kafka.newTopic(1, { 'compression.type': wanted })
    const sent = Object.keys(compressionAttribute) as Compression[]
    for (const compression of sent) {
      const batch = encodeBatch([...oneRecord(value), ...oneRecord(compression)], {
        timestamp: Date.now(),
        compression,
      })
      expect(await produce(topic, batch)).toBe('NONE')
    }
    const stored = await storedBatches(topic)
    const expected = wanted === 'producer' ? sent : sent.map(() => (wanted === 'uncompressed' ? 'none' : wanted))
    expect(stored.map(({ compression }) => compression)).toEqual(expected)
    expect(stored.map((batch) => `${batch.index().value(1)}`)).toEqual(sent)
    expect(stored.map((batch) => `${batch.index().value(0)}`)).toEqual(sent.map(() => value))
  }
})

test('a topic says how hard its records are packed, within the bounds of each compression', async () => {
  const words = Array.from({ length: 3000 }, (_, i) => `${(i * 7919) % 613} words and ${(i * i) % 101} more; `).join('')
  const storedBytes = async (compression: string, level: number) => {
    const topic = await kafka.newTopic(1, {
      'compression.type': compression,
      [`compression.${compression}.level`]: `${level}`,
    })
    expect(await produce(topic, encodeBatch(oneRecord(words), { timestamp: Date.now() }))).toBe('NONE')
    const [batch] = await storedBatches(topic)
    expect(`${batch?.index().value(0)}`).toBe(words)
    return batch?.bytes.length ?? 0
  }
  // LZ4's default, 9, is its fast search.
  for (const [compression, loose, tight] of [
    ['gzip', 1, 9],
    ['lz4', 9, 12],
    ['zstd', -100, 19],
  ] as const) {
    expect(await storedBytes(compression, tight)).toBeLessThan(await storedBytes(compression, loose))
  }
  const refused = async (key: string, value: string) =>
    kafka.newTopic(1, { [key]: value }).catch((error: unknown) => (error as Error).message)
  expect(await refused('compression.gzip.level', '0')).toBe(
    'INVALID_CONFIG: Invalid value 0 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1',
  )
  expect(await refused('compression.lz4.level', '18')).toBe(
    'INVALID_CONFIG: Invalid value 18 for configuration compression.lz4.level: Value must be no more than 17',
  )
  expect(await refused('compression.zstd.level', '-131073')).toBe(
    'INVALID_CONFIG: Invalid value -131073 for configuration compression.zstd.level: Value must be at least -131072',
  )
})
