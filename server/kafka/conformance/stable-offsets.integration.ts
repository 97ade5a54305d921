import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAdmin } from '#server/kafka/admin.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { createSinkConsumer } from '#server/kafka/sink-consumer.ts'
import { type KafkaUnderTest, openKafkaUnderTest, valuesOf } from '#server/kafka/testdata/kafka-under-test.ts'
import { createTransactionalProducer } from '#server/kafka/transactional-producer.ts'

let kafka: KafkaUnderTest
beforeAll(async () => {
  kafka = await openKafkaUnderTest()
})
afterAll(() => kafka[Symbol.asyncDispose]())

/** Records 0 to 9, of which a group has read the first two, and a transaction that is open and goes past the first six. */
async function openTransaction() {
  const topic = await kafka.newTopic()
  const groupId = `g-${randomUUID()}`
  const at = { topic, partition: 0 }
  const admin = createAdmin(kafka.client)
  await using producer = createProducer(kafka.client, { acks: -1, idempotent: true })
  const records = Array.from({ length: 10 }, (_, i) => ({ key: null, value: Buffer.from(`${i}`), partition: 0 }))
  await producer.produce(topic, records)
  await admin.alterGroupOffsets(groupId, [{ ...at, offset: 2 }])
  const transaction = createTransactionalProducer(kafka.client, { transactionalId: `x-${randomUUID()}` })
  await transaction.initTransactions()
  transaction.begin()
  await transaction.sendOffsets(groupId, [{ ...at, offset: 6 }])
  return { at, groupId, admin, transaction, [Symbol.asyncDispose]: () => transaction[Symbol.asyncDispose]() }
}

function consumerOf(groupId: string, topic: string) {
  const client = kafka.newClient()
  let asked = 0
  // How often it asked, seen from outside.
  const watched = Object.assign(Object.create(client), {
    call(...request: Parameters<typeof client.call>) {
      if (request[0] === 'OffsetFetch') asked++
      return client.call(...request)
    },
  })
  const consumer = createSinkConsumer(watched, {
    groupId,
    subscribe: { topics: [topic] },
    isolation: 'read_committed',
    heartbeatIntervalMs: 200,
    hooks: { assigned: async () => undefined, revoked: async () => undefined, lost: async () => undefined },
  })
  return {
    consumer,
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      await consumer[Symbol.asyncDispose]()
      await client[Symbol.asyncDispose]()
    },
  }
}

const signal = AbortSignal.timeout(100_000)

test.each([
  ['committed', 6],
  ['aborted', 2],
] as const)(
  'I2, KIP-447: a reader waits for a transaction that has offsets of its group, and goes on where that is %s',
  async (how, from) => {
    await using open = await openTransaction()
    const { at, groupId, admin, transaction } = open
    await using reading = consumerOf(groupId, at.topic)
    const polled = reading.consumer.poll(signal, 60_000)
    await expect.poll(reading.asked, { timeout: 30_000 }).toBeGreaterThan(2)
    expect(reading.consumer.position(at)).toBeUndefined()
    // Who only wants to know is told at once.
    expect(await admin.groupOffsets(groupId, [at])).toEqual([{ ...at, offset: 2 }])
    await (how === 'committed' ? transaction.commit() : transaction.abort())
    const found = valuesOf(await polled)
    while (found.length < 10 - from) found.push(...valuesOf(await reading.consumer.poll(signal, 1_000)))
    expect(found).toEqual(Array.from({ length: 10 - from }, (_, i) => `${from + i}`))
  },
)

test('I10: who is to stop does not wait for the transaction, and asks again when it goes on', async () => {
  await using open = await openTransaction()
  const { at, groupId, transaction } = open
  await using reading = consumerOf(groupId, at.topic)
  const stop = new AbortController()
  const polled = reading.consumer.poll(stop.signal, 60_000)
  await expect.poll(reading.asked, { timeout: 30_000 }).toBeGreaterThan(0)
  stop.abort()
  await expect(polled).rejects.toBe(stop.signal.reason)
  await transaction.commit()
  const found: string[] = []
  while (found.length < 4) found.push(...valuesOf(await reading.consumer.poll(signal, 1_000)))
  expect(found).toEqual(['6', '7', '8', '9'])
})

test('I10: a member that waits for the transaction makes room for another one that joins', async () => {
  await using open = await openTransaction()
  const { at, groupId, transaction } = open
  await using first = consumerOf(groupId, at.topic)
  await using second = consumerOf(groupId, at.topic)
  const polled = first.consumer.poll(signal, 60_000)
  await expect.poll(first.asked, { timeout: 30_000 }).toBeGreaterThan(0)
  const other = second.consumer.poll(signal, 60_000)
  // Both are in one generation, and whoever has the partition waits on.
  const group = async () => {
    const { state, members } = await createAdmin(kafka.client).describeGroup(groupId)
    return [state, members.length]
  }
  await expect.poll(group, { timeout: 30_000 }).toEqual(['Stable', 2])
  await transaction.commit()
  const found = valuesOf(await Promise.race([polled, other]))
  expect(found[0]).toBe('6')
})
