import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type KafkaUnderTest, openKafkaUnderTest } from '#server/kafka/testdata/kafka-under-test.ts'
import { createTransactionalProducer } from '#server/kafka/transactional-producer.ts'

let kafka: KafkaUnderTest
beforeAll(async () => {
  kafka = await openKafkaUnderTest()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const records = (...values: string[]) => values.map((value) => ({ key: null, value: Buffer.from(value), partition: 0 }))

test('a commit whose answer is lost is asked for again and holds, once', async () => {
  const topic = await kafka.newTopic()
  await using there = await kafka.behind(({ api, nth }) => (api === 'EndTxn' && nth === 1 ? 'lose the answer' : 'pass'))
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
  await using there = await kafka.behind(({ api, nth }) =>
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
  await using there = await kafka.behind(({ api }) => (api === 'EndTxn' && silent ? 'lose the answer' : 'pass'))
  await using transactional = createTransactionalProducer(there.client, {
    transactionalId: `x-${randomUUID()}`,
    maxBlockMs: 500,
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
