import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createKafkaClient } from '#server/kafka/client.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { blockClock, maxBlockMs } from '#server/kafka/testdata/block-clock.ts'
import { type Fault, rewrite, startFaultProxy } from '#server/kafka/testdata/fault-proxy.ts'
import { type KafkaUnderTest, openKafkaUnderTest } from '#server/kafka/testdata/kafka-under-test.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createTransactionalProducer } from '#server/kafka/transactional-producer.ts'
import type { ApiName } from '#server/protocol/codec.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'

let kafka: KafkaUnderTest
beforeAll(async () => {
  kafka = await openKafkaUnderTest()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const records = (...values: string[]) => values.map((value) => ({ key: null, value: Buffer.from(value), partition: 0 }))

/** A transactional producer of which the first answer of one kind is held back until `release`. */
async function withAnswerHeld(api: ApiName) {
  const arrived = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  const { clock, ...time } = blockClock()
  const proxy = await startFaultProxy(kafka.bootstrapServers, (exchange) => {
    if (exchange.api !== api || exchange.nth > 1) return 'pass'
    arrived.resolve()
    return { answerAfter: held.promise }
  })
  const client = createKafkaClient({
    ...{ bootstrapServers: [proxy.bootstrapServers], clientId: 'test', clock, logger: quietLogger },
  })
  const transactional = createTransactionalProducer(client, { transactionalId: `x-${randomUUID()}`, maxBlockMs })
  return {
    transactional,
    topic: await kafka.newTopic(),
    release: held.resolve,
    /** Lets the time of the call pass when what it waits for has left. */
    async isLate(call: Promise<void>, operation: string) {
      await arrived.promise
      time.expire()
      await expect(call).rejects.toMatchObject({
        errorName: 'REQUEST_TIMED_OUT',
        message: expect.stringContaining(`Timeout expired after ${maxBlockMs}ms while awaiting ${operation}`),
      })
    },
    async [Symbol.asyncDispose]() {
      held.resolve()
      await transactional[Symbol.asyncDispose]()
      await client[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
    },
  }
}

type Held = Awaited<ReturnType<typeof withAnswerHeld>>

async function begin({ transactional, topic }: Held, value: string) {
  transactional.begin()
  await transactional.producer.produce(topic, records(value))
}

async function commitOne(there: Held, value: string) {
  await begin(there, value)
  await there.transactional.commit()
}

const committed = (topic: string) => expect.poll(() => kafka.readAll(topic, 'read_committed'), { timeout: 20_000 })

test('max.block.ms: who cannot take its id in time is told so, and may try again', async () => {
  await using there = await withAnswerHeld('InitProducerId')
  const { transactional, topic, release, isLate } = there
  await isLate(transactional.initTransactions(), 'InitProducerId')
  expect(transactional.state).toBe('new')
  release()
  await transactional.initTransactions()
  await commitOne(there, 'a')
  await committed(topic).toEqual(['a'])
})

test('max.block.ms: after a commit that takes longer nobody knows how it went, and a late answer changes nothing', async () => {
  await using there = await withAnswerHeld('EndTxn')
  const { transactional, topic, release, isLate } = there
  await transactional.initTransactions()
  await begin(there, 'a')
  await isLate(transactional.commit(), 'EndTxn(true)')
  expect(transactional.state).toBe('unknown')
  release()
  await transactional.initTransactions()
  await commitOne(there, 'b')
  await committed(topic).toEqual(['a', 'b'])
})

test('max.block.ms: an abort that takes longer leaves nothing behind either', async () => {
  await using there = await withAnswerHeld('EndTxn')
  const { transactional, topic, release, isLate } = there
  await transactional.initTransactions()
  await begin(there, 'a')
  await isLate(transactional.abort(), 'EndTxn(false)')
  expect(transactional.state).toBe('unknown')
  release()
  await transactional.initTransactions()
  await commitOne(there, 'b')
  await committed(topic).toEqual(['b'])
})

test('I13, max.block.ms: a transaction with records that do not arrive in time can only be aborted', async () => {
  await using there = await withAnswerHeld('Produce')
  const { transactional, topic, release, isLate } = there
  await transactional.initTransactions()
  transactional.begin()
  const sent = transactional.producer.produce(topic, records('a'))
  await isLate(transactional.commit(), 'EndTxn(true)')
  expect(transactional.state).toBe('to abort')
  release()
  await sent
  await transactional.abort()
  await commitOne(there, 'b')
  await committed(topic).toEqual(['b'])
})

test('max.block.ms: offsets that cannot be added in time abort the transaction', async () => {
  await using there = await withAnswerHeld('TxnOffsetCommit')
  const { transactional, topic, release, isLate } = there
  await transactional.initTransactions()
  transactional.begin()
  const offsets = [{ topic, partition: 0, offset: 3 }]
  await isLate(transactional.sendOffsets(`g-${randomUUID()}`, offsets), 'AddOffsetsToTxn')
  expect(transactional.state).toBe('to abort')
  release()
  await transactional.abort()
  expect(transactional.state).toBe('ready')
})

test('retries: a batch that Kafka cannot take is given up after so many, and those behind it go on in order', async () => {
  const topic = await kafka.newTopic()
  // Refused on its way, so that it is in no log.
  const refused: Fault = rewrite<'Produce'>({
    request: (body) => ({ ...body, acks: 7 }),
    answer: (body) => ({
      ...body,
      responses: body.responses.map((one) => ({
        ...one,
        partitionResponses: one.partitionResponses.map((partition) => ({
          ...partition,
          errorCode: kafkaErrors.NOT_ENOUGH_REPLICAS.code,
        })),
      })),
    }),
  })
  const refusedAt = new Set([2, 3, 4])
  let asked = 0
  await using there = await kafka.behind(({ api, nth }) => {
    if (api !== 'Produce') return 'pass'
    asked = nth
    return refusedAt.has(nth) ? refused : 'pass'
  })
  await using producer = createProducer(there.client, { acks: -1, idempotent: true, retries: 2 })
  await producer.produce(topic, records('a'))
  await expect(producer.produce(topic, records('b'))).rejects.toMatchObject({ errorName: 'NOT_ENOUGH_REPLICAS' })
  expect(asked).toBe(4)
  await producer.produce(topic, records('c'))
  await producer.produce(topic, records('d'))
  expect(await kafka.readAll(topic, 'read_uncommitted')).toEqual(['a', 'c', 'd'])
})
