import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { createProducer, type ProducerOptions } from '#server/kafka/producer.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { type Reaction, type Script, startScriptedBroker } from '#server/kafka/testdata/scripted-broker.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'
import type { KafkaErrorName } from '#server/protocol/kafka-errors.ts'
import { readBatches } from '#server/protocol/record-batch.ts'

interface Arrived {
  value: string
  producerId: number
  epoch: number
  sequence: number
}

/** A broker whose answers to Produce a test gives, and what arrived there. */
async function startProduceBroker(answer: (arrived: Arrived, nth: number) => KafkaErrorName | 'silence' | 'hang up') {
  const arrived: Arrived[] = []
  const script: Script = {
    Produce({ body }): Reaction<'Produce'> {
      const [topic] = body.topicData
      const [partition] = topic?.partitionData ?? []
      const [batch] = readBatches(partition?.records ?? Buffer.alloc(0), { verifyCrc: true })
      if (!topic || !partition || !batch) throw new Error('no batch')
      const { producerId, epoch, sequence } = batch
      const one = { value: `${batch.index().value(0)}`, producerId, epoch, sequence }
      arrived.push(one)
      const outcome = answer(one, arrived.length)
      if (outcome === 'silence' || outcome === 'hang up') return outcome
      const errorCode = kafkaErrors[outcome].code
      const partitionResponses = [
        { index: partition.index, errorCode, baseOffset: errorCode === 0 ? one.sequence : -1 },
      ]
      return { responses: [{ topicId: topic.topicId, partitionResponses }] }
    },
  }
  return { broker: await startScriptedBroker(script), arrived }
}

const fast = { ...systemClock, sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(Math.min(ms, 5), signal) }

/** The same, with hours that a test lets pass. */
function skippable() {
  let skippedMs = 0
  const clock = { ...fast, monotonic: () => systemClock.monotonic() + skippedMs }
  return {
    clock,
    skip(ms: number) {
      skippedMs += ms
    },
  }
}

async function sendAll(port: number, values: readonly string[], options: Partial<ProducerOptions> = {}) {
  await using client = createKafkaClient({
    bootstrapServers: [`127.0.0.1:${port}`],
    clientId: 'test',
    clock: fast,
    logger: quietLogger,
  })
  await using producer = createProducer(client, { acks: -1, idempotent: true, maxBatchBytes: 1000, ...options })
  await producer.ready('t')
  const sent = values.map((value) => {
    const batch = producer.newBatch()
    batch.append(1, null, Buffer.from(value))
    return producer.send('t', 0, batch)
  })
  return (await Promise.allSettled(sent)).map((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value.baseOffset : outcome.reason.errorName,
  )
}

test('after a failure everything goes out again in order, with the sequences it had', async () => {
  const failAt = new Set([2, 3, 4])
  const { broker, arrived } = await startProduceBroker((_, nth) =>
    nth === 2 ? 'NOT_ENOUGH_REPLICAS' : failAt.has(nth) ? 'OUT_OF_ORDER_SEQUENCE_NUMBER' : 'NONE',
  )
  await using _ = broker
  expect(await sendAll(broker.port, ['a', 'b', 'c', 'd'])).toEqual([0, 1, 2, 3])
  expect(arrived.map(({ value }) => value).join('')).toBe('abcdbcd')
  expect(new Set(arrived.map(({ producerId }) => producerId)).size).toBe(1)
  for (const { value, sequence } of arrived) expect('abcd'[sequence]).toBe(value)
})

test('what a batch is tried again for is told with its error, in a row, and nothing once it is acknowledged', async () => {
  const { broker } = await startProduceBroker((_, nth) => (nth <= 2 ? 'KAFKA_STORAGE_ERROR' : 'NONE'))
  await using _ = broker
  await using client = createKafkaClient({
    ...{ bootstrapServers: [`127.0.0.1:${broker.port}`], clientId: 'test', clock: fast, logger: quietLogger },
  })
  const told: string[] = []
  const listening: typeof client = Object.create(client, {
    retrying: {
      value: (what: string, why: Error, failures: number) => told.push(`${what} ${why.message} ${failures}`),
    },
  })
  await using producer = createProducer(listening, { acks: -1, idempotent: true })
  await producer.produce('t', [{ key: null, value: Buffer.from('a'), partition: 0 }])
  await producer.produce('t', [{ key: null, value: Buffer.from('b'), partition: 0 }])
  expect(told).toEqual([0, 1].map((failures) => `a batch for t-0 KAFKA_STORAGE_ERROR: t-0 ${failures}`))
})

test('a connection that ends is replaced, and what had no answer goes out again', async () => {
  const { broker, arrived } = await startProduceBroker((_, nth) => (nth === 3 ? 'hang up' : 'NONE'))
  await using _ = broker
  expect(await sendAll(broker.port, ['a', 'b', 'c', 'd', 'e', 'f'])).toEqual([0, 1, 2, 3, 4, 5])
  expect(arrived.map(({ value }) => value).join('')).toMatch(/^abc.*cdef$/)
})

test('a batch that the broker knows already counts as written', async () => {
  const { broker } = await startProduceBroker(() => 'DUPLICATE_SEQUENCE_NUMBER')
  await using _ = broker
  expect(await sendAll(broker.port, ['a'])).toEqual([-1])
})

test('R-K03: a gap that cannot close starts again at sequence 0 under the next epoch, where the broker refuses the old one', async () => {
  const { broker, arrived } = await startProduceBroker(({ value, epoch }) => {
    if (value === 'too large') return 'MESSAGE_TOO_LARGE'
    return epoch === 0 && value !== 'a' ? 'OUT_OF_ORDER_SEQUENCE_NUMBER' : 'NONE'
  })
  await using _ = broker
  expect(await sendAll(broker.port, ['a', 'too large', 'c', 'd'])).toEqual([0, 'MESSAGE_TOO_LARGE', 0, 1])
  expect(arrived.slice(-2)).toEqual([
    { value: 'c', producerId: 1, epoch: 1, sequence: 0 },
    { value: 'd', producerId: 1, epoch: 1, sequence: 1 },
  ])
})

test('I4: where it is to stop at a failure, what is behind it fails with it, and nothing else is sent to its partition', async () => {
  const { broker, arrived } = await startProduceBroker(({ value }) =>
    value === 'a' ? 'NONE' : value === 'refused' ? 'INVALID_RECORD' : 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  )
  await using _ = broker
  const outcomes = await sendAll(broker.port, ['a', 'refused', 'c', 'd', 'e', 'f', 'g', 'h'], { stopsAtFailure: true })
  expect(outcomes).toEqual([0, ...Array(7).fill('INVALID_RECORD')])
  // Five may be under way at once; the broker has taken none of them, and they are not tried under another identity.
  expect(arrived.length).toBeLessThanOrEqual(6)
  expect(new Set(arrived.map(({ epoch }) => epoch))).toEqual(new Set([0]))
})

test('what may be written already is not written again under the new epoch of another partition', async () => {
  let bumped = false
  const { broker, arrived } = await startProduceBroker(({ value, epoch }) => {
    if (value === 'gap' && epoch === 0) return 'OUT_OF_ORDER_SEQUENCE_NUMBER'
    if (value === 'gap') bumped = true
    if (value === 'written' && !bumped) return 'REQUEST_TIMED_OUT'
    return 'NONE'
  })
  await using _ = broker
  await using client = createKafkaClient({
    bootstrapServers: [`127.0.0.1:${broker.port}`],
    clientId: 'test',
    clock: fast,
    logger: quietLogger,
  })
  await using producer = createProducer(client, { acks: -1, idempotent: true })
  await Promise.all(
    ['gap', 'written'].map((value, partition) =>
      producer.produce('t', [{ key: null, value: Buffer.from(value), partition }]),
    ),
  )
  await producer.produce('t', [{ key: null, value: Buffer.from('next'), partition: 1 }])
  expect(
    arrived.filter(({ value }) => value === 'written').every(({ epoch, sequence }) => epoch + sequence === 0),
  ).toBe(true)
  expect(arrived.at(-1)).toMatchObject({ value: 'next', epoch: 1, sequence: 0 })
})

test('R-K09: a slab is not used again while a request with it is open', async () => {
  let release: () => void = () => undefined
  const stuck = new Promise<void>((resolve) => {
    release = resolve
  })
  await using broker = await startScriptedBroker({
    async Produce(): Promise<Reaction<'Produce'>> {
      await stuck
      return 'hang up'
    },
  })
  const { clock, skip } = skippable()
  await using client = createKafkaClient({
    bootstrapServers: [`127.0.0.1:${broker.port}`],
    clientId: 'test',
    clock,
    logger: quietLogger,
  })
  const producer = createProducer(client, {
    ...{ acks: -1, idempotent: true, maxBatchBytes: 1000 },
    ...{ deliveryTimeoutMs: 60_000, requestTimeoutMs: 90_000 },
  })
  await producer.ready('t')
  const batch = producer.newBatch()
  const { slab } = batch
  batch.append(1, null, Buffer.from('v'))
  const sending = producer.send('t', 0, batch)
  await expect.poll(() => broker.requests.some(({ api }) => api === 'Produce')).toBe(true)
  // Its time is over before its request is.
  skip(61_000)
  await expect(sending).rejects.toMatchObject({ errorName: 'REQUEST_TIMED_OUT' })
  expect(producer.newBatch().slab).not.toBe(slab)
  const idle = producer.flush()
  release()
  await idle
  expect(producer.newBatch().slab).toBe(slab)
})

const timedOut = (what: RegExp) =>
  expect.objectContaining({ errorName: 'REQUEST_TIMED_OUT', message: expect.stringMatching(what) })

test('a failure is reported when the delivery timeout passes, whether batches are under way, behind others, or have no leader', async () => {
  const { clock, skip } = skippable()
  let leader = 1
  let release: () => void = () => undefined
  const stuck = new Promise<void>((resolve) => {
    release = resolve
  })
  const arrived: string[] = []
  await using broker = await startScriptedBroker({
    async Produce({ body }): Promise<Reaction<'Produce'>> {
      const [topic] = body.topicData
      const [batch] = readBatches(topic?.partitionData[0]?.records ?? Buffer.alloc(0), { verifyCrc: true })
      const value = `${batch?.index().value(0)}`
      arrived.push(value)
      if (value.startsWith('stuck')) await stuck
      return { responses: [{ topicId: topic?.topicId, partitionResponses: [{ index: 0, baseOffset: 7 }] }] }
    },
    Metadata: ({ body }) => ({
      brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
      controllerId: 1,
      topics: (body.topics ?? []).map(({ name }) => ({
        name,
        topicId: Buffer.alloc(16, name ?? '').toString('base64url'),
        partitions: [{ partitionIndex: 0, leaderId: name === 'leaderless' ? leader : 1 }],
      })),
    }),
  })
  await using client = createKafkaClient({
    bootstrapServers: [`127.0.0.1:${broker.port}`],
    clientId: 'test',
    clock,
    logger: quietLogger,
    requestTimeoutMs: 90_000,
  })
  await using producer = createProducer(client, {
    ...{ acks: -1, idempotent: true, deliveryTimeoutMs: 60_000, requestTimeoutMs: 90_000 },
  })
  const write = (topic: string, value: string) => {
    const batch = producer.newBatch()
    batch.append(1, null, Buffer.from(value))
    return producer.send(topic, 0, batch)
  }
  await Promise.all([producer.ready('t'), producer.ready('leaderless')])
  expect(await write('t', 'first')).toMatchObject({ baseOffset: 7 })
  leader = -1
  client.invalidate({ topic: 'leaderless' })
  const outcomes = Promise.allSettled([
    ...['stuck 1', 'stuck 2', 'stuck 3', 'stuck 4', 'stuck 5', 'stuck 6'].map((value) => write('t', value)),
    write('leaderless', 'waits'),
  ])
  await expect.poll(() => arrived).toContain('stuck 1')
  skip(61_000)
  expect((await outcomes).map((outcome) => outcome.status === 'rejected' && outcome.reason)).toEqual([
    ...Array(6).fill(timedOut(/Expiring 1 record\(s\) for t-0: \d+ ms has passed/)),
    timedOut(/for leaderless-0/),
  ])
  release()
  leader = 1
  // What was given up is not sent any more; what comes next is.
  expect(await write('t', 'last')).toMatchObject({ baseOffset: 7 })
  expect(await write('leaderless', 'next')).toMatchObject({ baseOffset: 7 })
  expect(arrived.filter((value) => value === 'waits' || value === 'stuck 6')).toEqual([])
})

test('a batch that was given up while it was under way is not sent again, whatever its request ends with', async () => {
  let release: () => void = () => undefined
  const stuck = new Promise<void>((resolve) => {
    release = resolve
  })
  const { clock, skip } = skippable()
  const arrived: string[] = []
  await using broker = await startScriptedBroker({
    async Produce({ body }): Promise<Reaction<'Produce'>> {
      const [topic] = body.topicData
      const [batch] = readBatches(topic?.partitionData[0]?.records ?? Buffer.alloc(0), { verifyCrc: true })
      const value = `${batch?.index().value(0)}`
      arrived.push(value)
      if (value === 'given up') await stuck
      const errorCode = value === 'given up' ? kafkaErrors.MESSAGE_TOO_LARGE.code : 0
      return { responses: [{ topicId: topic?.topicId, partitionResponses: [{ index: 0, errorCode, baseOffset: 7 }] }] }
    },
  })
  await using client = createKafkaClient({
    bootstrapServers: [`127.0.0.1:${broker.port}`],
    clientId: 'test',
    clock,
    logger: quietLogger,
  })
  await using producer = createProducer(client, {
    ...{ acks: -1, idempotent: true, deliveryTimeoutMs: 60_000, requestTimeoutMs: 90_000 },
  })
  await producer.ready('t')
  const batch = producer.newBatch()
  for (const value of ['given up', 'with it']) batch.append(1, null, Buffer.from(value))
  const sending = producer.send('t', 0, batch)
  await expect.poll(() => arrived).toEqual(['given up'])
  skip(61_000)
  await expect(sending).rejects.toMatchObject({ errorName: 'REQUEST_TIMED_OUT' })
  release()
  await producer.flush()
  expect(arrived).toEqual(['given up'])
})

test('a batch that failed more often than retries is not sent again, and fails as it did last', async () => {
  const { broker, arrived } = await startProduceBroker(({ value }) => (value === 'a' ? 'NOT_ENOUGH_REPLICAS' : 'NONE'))
  await using _ = broker
  const options = { idempotent: false, retries: 2 }
  expect(await sendAll(broker.port, ['a', 'b'], options)).toEqual(['NOT_ENOUGH_REPLICAS', expect.any(Number)])
  expect(arrived.map(({ value }) => value).join('')).toBe('aaab')
})

test('a batch that Kafka takes with the last of its retries is written', async () => {
  const { broker, arrived } = await startProduceBroker((_, nth) => (nth <= 2 ? 'REQUEST_TIMED_OUT' : 'NONE'))
  await using _ = broker
  expect(await sendAll(broker.port, ['a'], { idempotent: false, retries: 2 })).toEqual([expect.any(Number)])
  expect(arrived).toHaveLength(3)
})

test('with retries=0 nothing is sent twice, also when the connection ends', async () => {
  const { broker, arrived } = await startProduceBroker((_, nth) => (nth === 1 ? 'hang up' : 'NONE'))
  await using _ = broker
  const outcomes = await sendAll(broker.port, ['a', 'b'], { idempotent: false, retries: 0 })
  expect(outcomes).toEqual(['NETWORK_EXCEPTION', expect.any(Number)])
  expect(arrived.map(({ value }) => value).join('')).toBe('ab')
})

test('I4: what is behind a batch that has no retries left goes on, in order, under the next epoch', async () => {
  const { broker, arrived } = await startProduceBroker(({ value, epoch }) => {
    if (value === 'b') return 'NOT_ENOUGH_REPLICAS'
    // What comes behind a gap is refused until the next epoch.
    return value > 'b' && epoch === 0 ? 'OUT_OF_ORDER_SEQUENCE_NUMBER' : 'NONE'
  })
  await using _ = broker
  const outcomes = await sendAll(broker.port, ['a', 'b', 'c', 'd'], { retries: 2, maxInFlight: 1 })
  expect(outcomes).toEqual([0, 'NOT_ENOUGH_REPLICAS', 0, 1])
  expect(arrived.map(({ value }) => value).join('')).toBe('abbbccd')
  expect(arrived.slice(-2).map(({ epoch, sequence }) => [epoch, sequence])).toEqual([
    [1, 0],
    [1, 1],
  ])
})

test('batches that are under way together are given up together, and not before each has had its retries', async () => {
  const { broker, arrived } = await startProduceBroker(({ value }) => {
    if (value === 'a') return 'NONE'
    return value === 'b' ? 'NOT_ENOUGH_REPLICAS' : 'OUT_OF_ORDER_SEQUENCE_NUMBER'
  })
  await using _ = broker
  const outcomes = await sendAll(broker.port, ['a', 'b', 'c'], { retries: 1 })
  expect(outcomes).toEqual([0, 'NOT_ENOUGH_REPLICAS', 'OUT_OF_ORDER_SEQUENCE_NUMBER'])
  expect(arrived.filter(({ value }) => value === 'c').length).toBe(2)
})

test('I4: where it is to stop at a failure, one that has no retries left is a failure', async () => {
  const { broker, arrived } = await startProduceBroker(({ value }) => (value === 'a' ? 'NONE' : 'NOT_ENOUGH_REPLICAS'))
  await using _ = broker
  const options = { retries: 1, maxInFlight: 1, stopsAtFailure: true }
  expect(await sendAll(broker.port, ['a', 'b', 'c'], options)).toEqual([
    0,
    'NOT_ENOUGH_REPLICAS',
    'NOT_ENOUGH_REPLICAS',
  ])
  expect(arrived.map(({ value }) => value).join('')).toBe('abb')
})

test('without idempotence one batch is under way at a time', async () => {
  const { broker, arrived } = await startProduceBroker((_, nth) => (nth === 1 ? 'REQUEST_TIMED_OUT' : 'NONE'))
  await using _ = broker
  await sendAll(broker.port, ['a', 'b', 'c'], { idempotent: false, acks: 1 })
  expect(arrived.map(({ value }) => value).join('')).toBe('aabc')
  expect(arrived.every(({ producerId }) => producerId === -1)).toBe(true)
})

test('R-K08: room waits while the memory of the producer is out, and comes back with the answers', async () => {
  const { broker } = await startProduceBroker(() => 'NONE')
  await using _ = broker
  await using client = createKafkaClient({
    bootstrapServers: [`127.0.0.1:${broker.port}`],
    clientId: 'test',
    clock: fast,
    logger: quietLogger,
  })
  await using producer = createProducer(client, {
    acks: -1,
    idempotent: true,
    maxBatchBytes: 1000,
    bufferBytes: 2000,
  })
  await producer.ready('t')
  await producer.room()
  const [first, second] = [producer.newBatch(), producer.newBatch()]
  const events: string[] = []
  const waiting = producer.room().then(() => events.push('room'))
  const given = new AbortController()
  const refused = producer.room(given.signal).catch(() => events.push('aborted'))
  given.abort()
  await refused
  first.append(1, null, Buffer.from('v'))
  await producer.send('t', 0, first)
  await waiting
  expect(events).toEqual(['aborted', 'room'])
  producer.release(second)
})

test('calls of produce keep their order while metadata are away, and share batches', async () => {
  let away = 3
  const counts: number[] = []
  const values: string[] = []
  await using broker = await startScriptedBroker({
    Produce({ body }): Reaction<'Produce'> {
      const [topic] = body.topicData
      const [partition] = topic?.partitionData ?? []
      const [batch] = readBatches(partition?.records ?? Buffer.alloc(0), { verifyCrc: true })
      if (!topic || !partition || !batch) throw new Error('no batch')
      for (let i = 0; i < batch.count; i++) values.push(`${batch.index().value(i)}`)
      counts.push(batch.count)
      return { responses: [{ topicId: topic.topicId, partitionResponses: [{ index: 0, baseOffset: 100 }] }] }
    },
    Metadata: ({ body }) => ({
      brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
      controllerId: 1,
      topics: (body.topics ?? []).map(({ name }) => ({
        name,
        topicId: Buffer.alloc(16, 1).toString('base64url'),
        partitions: [{ partitionIndex: 0, leaderId: away-- > 0 ? -1 : 1 }],
      })),
    }),
  })
  await using client = createKafkaClient({
    bootstrapServers: [`127.0.0.1:${broker.port}`],
    clientId: 'test',
    clock: fast,
    logger: quietLogger,
  })
  await using producer = createProducer(client, { acks: -1, idempotent: true, lingerMs: 20 })
  const wanted = Array.from({ length: 20 }, (_, i) => `${i}`)
  const acks = await Promise.all(
    wanted.map((value) => producer.produce('t', [{ key: null, value: Buffer.from(value) }])),
  )
  expect(values).toEqual(wanted)
  expect(counts.length).toBeLessThan(20)
  expect(
    acks
      .flat()
      .map(({ baseOffset }) => baseOffset)
      .slice(0, counts[0]),
  ).toEqual(Array.from({ length: counts[0] ?? 0 }, (_, i) => 100 + i))
})

test('a batch that is too large goes in halves, in order, under the sequence numbers of the whole', async () => {
  const seen: { count: number; sequence: number; compression: string }[] = []
  await using broker = await startScriptedBroker({
    Produce({ body }): Reaction<'Produce'> {
      const [topic] = body.topicData
      const [batch] = readBatches(topic?.partitionData[0]?.records ?? Buffer.alloc(0), { verifyCrc: true })
      if (!topic || !batch) throw new Error('no batch')
      const errorCode = batch.count > 2 ? kafkaErrors.MESSAGE_TOO_LARGE.code : 0
      if (errorCode === 0) seen.push(batch)
      return { responses: [{ topicId: topic.topicId, partitionResponses: [{ index: 0, errorCode, baseOffset: 7 }] }] }
    },
  })
  await using client = createKafkaClient({
    bootstrapServers: [`127.0.0.1:${broker.port}`],
    clientId: 'test',
    clock: fast,
    logger: quietLogger,
  })
  await using producer = createProducer(client, { acks: -1, idempotent: true, compression: 'zstd' })
  const records = ['a', 'b', 'c', 'd', 'e'].map((value) => ({ key: null, value: Buffer.from(value), partition: 0 }))
  const acks = await producer.produce('t', records)
  expect(seen.map(({ count, sequence, compression }) => [count, sequence, compression])).toEqual([
    [2, 0, 'zstd'],
    [1, 2, 'zstd'],
    [2, 3, 'zstd'],
  ])
  expect(acks.map(({ baseOffset }) => baseOffset)).toEqual([7, 8, -1, -1, -1])
})

test.each([
  ['I1: a batch of which one half is refused for good has failed, even when the other one is accepted before', false],
  ['I4: where it is to stop at a failure, nothing of a batch is sent behind the part that is refused', true],
])('%s', async (_, stopsAtFailure) => {
  const tooLarge = kafkaErrors.MESSAGE_TOO_LARGE.code
  const sent: string[] = []
  await using broker = await startScriptedBroker({
    Produce({ body }): Reaction<'Produce'> {
      const [topic] = body.topicData
      const [batch] = readBatches(topic?.partitionData[0]?.records ?? Buffer.alloc(0), { verifyCrc: true })
      if (!topic || !batch) throw new Error('no batch')
      const index = batch.index()
      const values = Array.from({ length: batch.count }, (_, i) => String(index.value(i)))
      sent.push(values.join(''))
      const errorCode = values.length > 1 || values.includes('X') ? tooLarge : 0
      return { responses: [{ topicId: topic.topicId, partitionResponses: [{ index: 0, errorCode, baseOffset: 7 }] }] }
    },
  })
  await using client = createKafkaClient({
    bootstrapServers: [`127.0.0.1:${broker.port}`],
    clientId: 'test',
    clock: fast,
    logger: quietLogger,
  })
  await using producer = createProducer(client, { acks: -1, idempotent: true, stopsAtFailure })
  const records = (text: string) => [...text].map((value) => ({ key: null, value: Buffer.from(value), partition: 0 }))
  await producer.produce('t', records('a')) // from now on several may be under way
  await expect(producer.produce('t', records('bXc'))).rejects.toThrow(/^MESSAGE_TOO_LARGE: t-0$/)
  expect(sent.slice(0, 5)).toEqual(['a', 'bXc', 'bX', 'b', 'X'])
  const later = producer.produce('t', records('d'))
  if (!stopsAtFailure) return void (await later)
  await expect(later).rejects.toThrow('MESSAGE_TOO_LARGE')
  expect(sent).toHaveLength(5)
})

test('with acks 0 a batch is done when its bytes have left, and its slab is free again', async () => {
  const { broker, arrived } = await startProduceBroker(() => 'silence')
  await using _ = broker
  expect(await sendAll(broker.port, ['a', 'b'], { idempotent: false, acks: 0 })).toEqual([-1, -1])
  await expect.poll(() => arrived.map(({ value }) => value).join('')).toBe('ab')
})

test('a record over max.request.size is refused with both sizes, and nothing of its call is sent', async () => {
  const { broker, arrived } = await startProduceBroker(() => 'NONE')
  await using _ = broker
  await using client = createKafkaClient({
    bootstrapServers: [`127.0.0.1:${broker.port}`],
    clientId: 'test',
    clock: fast,
    logger: quietLogger,
  })
  await using producer = createProducer(client, { acks: -1, idempotent: true, maxRequestBytes: 2000 })
  const sent = producer.produce(
    't',
    [1, 3000].map((size) => ({ key: null, value: Buffer.alloc(size) })),
  )
  await expect(sent).rejects.toThrow(/MESSAGE_TOO_LARGE.* 3\d{3} bytes.* 2000/)
  expect(arrived).toEqual([])
})
