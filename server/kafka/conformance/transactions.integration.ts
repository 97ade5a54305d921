import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAdmin } from '#server/kafka/admin.ts'
import { type KafkaUnderTest, openKafkaUnderTest } from '#server/kafka/testdata/kafka-under-test.ts'
import { createTransactionalProducer } from '#server/kafka/transactional-producer.ts'

let kafka: KafkaUnderTest
beforeAll(async () => {
  kafka = await openKafkaUnderTest()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const records = (...values: string[]) => values.map((value) => ({ key: null, value: Buffer.from(value), partition: 0 }))
const newId = () => `x-${randomUUID()}`

async function open(transactionalId = newId()) {
  const transactional = createTransactionalProducer(kafka.client, { transactionalId })
  await transactional.initTransactions()
  return transactional
}

test('what a transaction wrote appears with its commit, and never after an abort', async () => {
  const topic = await kafka.newTopic()
  await using transactional = await open()
  transactional.begin()
  await transactional.producer.produce(topic, records('a', 'b'))
  expect(await kafka.readAll(topic, 'read_committed')).toEqual([])
  await transactional.commit()
  transactional.begin()
  await transactional.producer.produce(topic, records('aborted'))
  await transactional.abort()
  transactional.begin()
  await transactional.producer.produce(topic, records('c'))
  await transactional.commit()
  await expect.poll(() => kafka.readAll(topic, 'read_committed'), { timeout: 20_000 }).toEqual(['a', 'b', 'c'])
  expect(await kafka.readAll(topic, 'read_uncommitted')).toEqual(['a', 'b', 'aborted', 'c'])
})

test('many transactions back to back, empty ones among them, keep every record in order', async () => {
  const topic = await kafka.newTopic()
  await using transactional = await open()
  const wanted: string[] = []
  for (let i = 0; i < 20; i++) {
    transactional.begin()
    if (i % 5 !== 0) {
      wanted.push(`${i}`)
      await transactional.producer.produce(topic, records(`${i}`))
    }
    await transactional.commit()
  }
  await expect.poll(() => kafka.readAll(topic, 'read_committed'), { timeout: 20_000 }).toEqual(wanted)
})

test('group offsets appear with the commit alone', async () => {
  const topic = await kafka.newTopic()
  const groupId = `g-${randomUUID()}`
  const committed = () => createAdmin(kafka.client).groupOffsets(groupId)
  await using transactional = await open()
  transactional.begin()
  await transactional.sendOffsets(groupId, [{ topic, partition: 0, offset: 3 }])
  await transactional.abort()
  transactional.begin()
  await transactional.producer.produce(topic, records('a'))
  await transactional.sendOffsets(groupId, [{ topic, partition: 0, offset: 7 }])
  await transactional.commit()
  await expect.poll(committed, { timeout: 20_000 }).toEqual([{ topic, partition: 0, offset: 7 }])
})

test('I7: a second producer of the id aborts the transaction of the first, which can do nothing any more', async () => {
  const topic = await kafka.newTopic()
  const transactionalId = newId()
  await using zombie = await open(transactionalId)
  zombie.begin()
  await zombie.producer.produce(topic, records('of the zombie'))
  await using next = await open(transactionalId)
  await expect(zombie.producer.produce(topic, records('late'))).rejects.toMatchObject({ errorName: 'PRODUCER_FENCED' })
  expect(zombie.state).toBe('fatal')
  await expect(zombie.commit()).rejects.toMatchObject({ errorName: 'PRODUCER_FENCED' })
  next.begin()
  await next.producer.produce(topic, records('of the next'))
  await next.commit()
  await expect.poll(() => kafka.readAll(topic, 'read_committed'), { timeout: 20_000 }).toEqual(['of the next'])
})

test('a commit of a fenced producer is refused although nothing failed before', async () => {
  const topic = await kafka.newTopic()
  const transactionalId = newId()
  await using zombie = await open(transactionalId)
  zombie.begin()
  await zombie.producer.produce(topic, records('of the zombie'))
  await createAdmin(kafka.client).fenceProducers([transactionalId])
  await expect(zombie.commit()).rejects.toMatchObject({ errorName: 'PRODUCER_FENCED' })
  expect(await kafka.readAll(topic, 'read_committed')).toEqual([])
})

test('a record that the broker refuses leaves nothing but an abort, after which the next transaction works', async () => {
  const topic = await kafka.newTopic(1, { 'max.message.bytes': '2000' })
  await using transactional = await open()
  transactional.begin()
  await transactional.producer.produce(topic, records('gone with the abort'))
  await expect(transactional.producer.produce(topic, records('x'.repeat(5000)))).rejects.toMatchObject({
    errorName: 'MESSAGE_TOO_LARGE',
  })
  expect(transactional.state).toBe('to abort')
  await expect(transactional.commit()).rejects.toMatchObject({ errorName: 'MESSAGE_TOO_LARGE' })
  await transactional.abort()
  transactional.begin()
  await transactional.producer.produce(topic, records('kept'))
  await transactional.commit()
  await expect.poll(() => kafka.readAll(topic, 'read_committed'), { timeout: 20_000 }).toEqual(['kept'])
})

test('nothing is sent outside a transaction', async () => {
  const topic = await kafka.newTopic()
  await using transactional = await open()
  await expect(transactional.producer.produce(topic, records('a'))).rejects.toMatchObject({
    errorName: 'INVALID_TXN_STATE',
  })
})
