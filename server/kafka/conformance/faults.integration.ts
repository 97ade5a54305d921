import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProducer } from '#server/kafka/producer.ts'
import { type Faults, startFaultProxy } from '#server/kafka/testdata/fault-proxy.ts'
import { type KafkaUnderTest, openKafkaUnderTest } from '#server/kafka/testdata/kafka-under-test.ts'
import { createTransactionalProducer } from '#server/kafka/transactional-producer.ts'

let kafka: KafkaUnderTest
beforeAll(async () => {
  kafka = await openKafkaUnderTest()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const records = (...values: string[]) => values.map((value) => ({ key: null, value: Buffer.from(value), partition: 0 }))

/** A client behind a proxy with faults of its own. */
async function behind(faults: Faults) {
  const proxy = await startFaultProxy(kafka.bootstrapServers, faults)
  const client = kafka.newClient(proxy.bootstrapServers)
  return {
    proxy,
    client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
    },
  }
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `${i}`)

test('R-K01: batches whose answers are lost stand in the log once, in order', async () => {
  const topic = await kafka.newTopic()
  const lost = new Set([1, 4, 5, 9])
  await using there = await behind(({ api, nth }) => (api === 'Produce' && lost.has(nth) ? 'lose the answer' : 'pass'))
  await using producer = createProducer(there.client, { acks: -1, idempotent: true })
  await producer.ready(topic)
  const sent = numbered(40).map((value) => {
    const batch = producer.newBatch()
    batch.append(1, null, Buffer.from(value))
    return producer.send(topic, 0, batch)
  })
  const acks = await Promise.all(sent)
  expect(await kafka.readAll(topic, 'read_uncommitted')).toEqual(numbered(40))
  for (const [i, { baseOffset }] of acks.entries()) expect([-1, i]).toContain(baseOffset)
})

test('R-K02: a broker that goes away with five batches under way and comes back has each once, in order', async () => {
  const topic = await kafka.newTopic()
  await using there = await behind(() => 'pass')
  await using producer = createProducer(there.client, { acks: -1, idempotent: true })
  const sent: Promise<unknown>[] = []
  for (const [i, value] of numbered(120).entries()) {
    sent.push(producer.produce(topic, records(value)))
    if (i % 40 !== 20) continue
    await sent[i - 10]
    there.proxy.cut()
    setTimeout(there.proxy.restore, 100)
  }
  await Promise.all(sent)
  expect(await kafka.readAll(topic, 'read_uncommitted')).toEqual(numbered(120))
})

test('a commit whose answer is lost is asked for again and holds, once', async () => {
  const topic = await kafka.newTopic()
  await using there = await behind(({ api, nth }) => (api === 'EndTxn' && nth === 1 ? 'lose the answer' : 'pass'))
  await using transactional = createTransactionalProducer(there.client, { transactionalId: `x-${randomUUID()}` })
  await transactional.initTransactions()
  for (const value of ['a', 'b']) {
    transactional.begin()
    await transactional.producer.produce(topic, records(value))
    await transactional.commit()
  }
  await expect.poll(() => kafka.readAll(topic, 'read_committed'), { timeout: 20_000 }).toEqual(['a', 'b'])
})

test('R-K05: a commit that arrives late ends no later transaction', async () => {
  const topic = await kafka.newTopic()
  const late = Promise.withResolvers<void>()
  await using there = await behind(({ api, nth }) =>
    api === 'EndTxn' && nth === 1 ? { deliverRequestAfter: late.promise } : 'pass',
  )
  await using transactional = createTransactionalProducer(there.client, { transactionalId: `x-${randomUUID()}` })
  await transactional.initTransactions()
  transactional.begin()
  await transactional.producer.produce(topic, records('a'))
  await transactional.commit()
  transactional.begin()
  await transactional.producer.produce(topic, records('of the second'))
  late.resolve()
  await transactional.producer.produce(topic, records('still of the second'))
  await transactional.abort()
  transactional.begin()
  await transactional.producer.produce(topic, records('b'))
  await transactional.commit()
  await expect.poll(() => kafka.readAll(topic, 'read_committed'), { timeout: 20_000 }).toEqual(['a', 'b'])
})

test('a commit whose outcome stays unknown leaves no way on but to initialise again, and nothing half done', async () => {
  const topic = await kafka.newTopic()
  let silent = true
  await using there = await behind(({ api }) => (api === 'EndTxn' && silent ? 'lose the answer' : 'pass'))
  await using transactional = createTransactionalProducer(there.client, {
    transactionalId: `x-${randomUUID()}`,
    retryWithinMs: 500,
  })
  await transactional.initTransactions()
  transactional.begin()
  await transactional.producer.produce(topic, records('a'))
  await expect(transactional.commit()).rejects.toMatchObject({ errorName: 'REQUEST_TIMED_OUT' })
  expect(transactional.state).toBe('unknown')
  expect(() => transactional.begin()).toThrow(/INVALID_TXN_STATE/)
  silent = false
  await transactional.initTransactions()
  transactional.begin()
  await transactional.producer.produce(topic, records('b'))
  await transactional.commit()
  await expect.poll(() => kafka.readAll(topic, 'read_committed'), { timeout: 20_000 }).toEqual(['a', 'b'])
})
