import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAdmin, type TopicPartition } from '#server/kafka/admin.ts'
import { createSinkConsumer, type SinkConsumerOptions } from '#server/kafka/sink-consumer.ts'
import { type KafkaUnderTest, openKafkaUnderTest } from '#server/kafka/testdata/kafka-under-test.ts'

let kafka: KafkaUnderTest
beforeAll(async () => {
  kafka = await openKafkaUnderTest()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const signal = () => AbortSignal.timeout(60_000)

function open(groupId: string, topic: string, more: Partial<SinkConsumerOptions>) {
  const told: string[] = []
  const tell = (what: string) => async (partitions: readonly TopicPartition[]) =>
    void told.push(`${what} ${partitions.map(({ partition }) => partition).join()}`)
  const consumer = createSinkConsumer(kafka.client, {
    groupId,
    isolation: 'read_uncommitted',
    subscribe: { topics: [topic] },
    heartbeatIntervalMs: 100,
    maxWaitMs: 50,
    hooks: { assigned: tell('assigned'), revoked: tell('revoked'), lost: tell('lost') },
    ...more,
  })
  return { told, consumer }
}

test('a member that does not poll for max.poll.interval.ms gives up its partitions, and joins again with its next poll', async () => {
  const topic = await kafka.newTopic(2)
  const groupId = `g-${randomUUID()}`
  const members = async () => (await createAdmin(kafka.client).describeGroup(groupId)).members.length
  const slow = open(groupId, topic, { maxPollIntervalMs: 1_000 })
  await using _ = slow.consumer
  await slow.consumer.poll(signal(), 50)
  expect(await members()).toBe(1)
  await expect.poll(members, { timeout: 20_000 }).toBe(0)
  await expect(slow.consumer.commit([{ topic, partition: 0, offset: 1 }])).rejects.toMatchObject({
    errorName: 'ILLEGAL_GENERATION',
  })
  await slow.consumer.poll(signal(), 50)
  expect(slow.told).toEqual(['assigned 0,1', 'lost 0,1', 'assigned 0,1'])
  await slow.consumer.commit([{ topic, partition: 0, offset: 0 }])
})

test('a poll that lasts is no absence, and without max.poll.interval.ms nothing is', async () => {
  const topic = await kafka.newTopic(1)
  const groupId = `g-${randomUUID()}`
  const waiting = open(groupId, topic, { maxPollIntervalMs: 300, sessionTimeoutMs: 6_000 })
  await using _ = waiting.consumer
  await waiting.consumer.poll(signal(), 2_000)
  await waiting.consumer.poll(signal(), 50)
  expect(waiting.told).toEqual(['assigned 0'])

  const working = open(`${groupId}-2`, topic, { rebalanceTimeoutMs: 300, sessionTimeoutMs: 6_000 })
  await using __ = working.consumer
  await working.consumer.poll(signal(), 50)
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  await working.consumer.poll(signal(), 50)
  expect(working.told).toEqual(['assigned 0'])
})
