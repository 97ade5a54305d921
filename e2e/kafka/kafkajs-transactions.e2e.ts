import { Kafka, logLevel } from 'kafkajs'
import { expect, test } from 'vitest'
import { newBrokerFolder, startBrokerProcess } from '#e2e/kafka/broker-process.ts'

const clientOf = (address: string) =>
  new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 3 } })

const transactionalOf = (kafka: Kafka) =>
  kafka.producer({ transactionalId: 'mover', idempotent: true, maxInFlightRequests: 1, transactionTimeout: 60_000 })

/** Every value that a reader of committed records gets up to the end of the topic's one partition. */
async function committedValues(kafka: Kafka, topic: string, groupId: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6000, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const values: string[] = []
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message }) => {
          values.push(String(message.value))
          if (values.length === count) resolve()
        },
      })
      .catch(reject)
  })
  await consumer.disconnect()
  return values
}

test('kafkajs commits and aborts records and offsets together, also across kill -9 of the broker', async () => {
  using folder = newBrokerFolder()
  const first = await startBrokerProcess(folder.path)
  const kafka = clientOf(first.address)
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'moved' }, { topic: 'origin' }] })
  const offsetsOf = async (groupId: string) =>
    (await admin.fetchOffsets({ groupId, topics: ['origin'] }))[0]?.partitions[0]?.offset

  const producer = transactionalOf(kafka)
  await producer.connect()
  const run = async (value: string, offset: string, end: 'commit' | 'abort') => {
    const transaction = await producer.transaction()
    await transaction.send({ topic: 'moved', messages: [{ value }] })
    await transaction.sendOffsets({
      consumerGroupId: 'g',
      topics: [{ topic: 'origin', partitions: [{ partition: 0, offset }] }],
    })
    await transaction[end]()
  }
  await run('kept 1', '1', 'commit')
  expect(await offsetsOf('g')).toBe('1')
  await run('dropped', '99', 'abort')
  expect(await offsetsOf('g')).toBe('1')
  await run('kept 2', '2', 'commit')
  expect(await committedValues(kafka, 'moved', 'before', 2)).toEqual(['kept 1', 'kept 2'])

  const open = await producer.transaction()
  await open.send({ topic: 'moved', messages: [{ value: 'never' }] })
  await first.kill()
  await producer.disconnect()
  await admin.disconnect()

  await using second = await startBrokerProcess(folder.path)
  const later = clientOf(second.address)
  // Whoever comes with the id ends what was left open.
  const next = transactionalOf(later)
  await next.connect()
  const transaction = await next.transaction()
  await transaction.send({ topic: 'moved', messages: [{ value: 'kept 3' }] })
  await transaction.commit()
  await next.disconnect()
  expect(await committedValues(later, 'moved', 'after', 3)).toEqual(['kept 1', 'kept 2', 'kept 3'])
})

test('a producer that was followed by another of the same transactional id is fenced', async () => {
  using folder = newBrokerFolder()
  await using broker = await startBrokerProcess(folder.path)
  const kafka = clientOf(broker.address)
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'moved' }] })
  await admin.disconnect()
  const [zombie, successor] = [transactionalOf(kafka), transactionalOf(kafka)]
  await zombie.connect()
  const abandoned = await zombie.transaction()
  await abandoned.send({ topic: 'moved', messages: [{ value: 'of the zombie' }] })
  await successor.connect()
  const transaction = await successor.transaction()
  await transaction.send({ topic: 'moved', messages: [{ value: 'of its successor' }] })
  await expect(abandoned.send({ topic: 'moved', messages: [{ value: 'late' }] })).rejects.toThrow(/epoch/)
  await expect(abandoned.commit()).rejects.toThrow(/epoch/)
  await transaction.commit()
  expect(await committedValues(kafka, 'moved', 'g', 1)).toEqual(['of its successor'])
  await Promise.all([zombie.disconnect(), successor.disconnect()])
})
