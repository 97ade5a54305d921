import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAdmin, type TopicPartition } from '#server/kafka/admin.ts'
import { createSinkConsumer } from '#server/kafka/sink-consumer.ts'
import { type KafkaUnderTest, openKafkaUnderTest } from '#server/kafka/testdata/kafka-under-test.ts'
import type { KafkaError } from '#server/protocol/kafka-errors.ts'

let kafka: KafkaUnderTest
beforeAll(async () => {
  kafka = await openKafkaUnderTest()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const signal = () => AbortSignal.timeout(60_000)

test('KIP-345: a static member that comes back gets its partitions, and what is left of it is fenced', async () => {
  const topic = await kafka.newTopic(2)
  const groupId = `g-${randomUUID()}`
  const assigned: TopicPartition[][] = []
  const lost: TopicPartition[][] = []
  const open = () =>
    createSinkConsumer(kafka.client, {
      groupId,
      groupInstanceId: 'one',
      isolation: 'read_uncommitted',
      subscribe: { topics: [topic] },
      maxWaitMs: 50,
      heartbeatIntervalMs: 100,
      hooks: {
        assigned: async (partitions) => void assigned.push(partitions),
        revoked: async () => undefined,
        lost: async (partitions) => void lost.push(partitions),
      },
    })
  const members = async () => (await createAdmin(kafka.client).describeGroup(groupId)).members.length
  const both = [0, 1].map((partition) => ({ topic, partition }))

  const first = open()
  await first.poll(signal(), 50)
  await using second = open()
  await second.poll(signal(), 50)
  expect(assigned).toEqual([both, both])
  expect(await members()).toBe(1)
  // By the answer to this, or by a heartbeat that was faster.
  await expect(first.commit([{ topic, partition: 0, offset: 1 }])).rejects.toMatchObject({
    errorName: expect.stringMatching(/^(FENCED_INSTANCE_ID|ILLEGAL_GENERATION)$/),
  })
  await second.commit([{ topic, partition: 0, offset: 2 }])
  expect(await second.committed(both)).toEqual([{ topic, partition: 0, offset: 2 }])
  // It does not take the id back: two that are told the same name would throw each other out without end.
  const fenced = () =>
    first.poll(signal(), 50).then(
      () => 'reads',
      (error: KafkaError) => error.errorName,
    )
  await expect.poll(fenced, { timeout: 20_000 }).toBe('FENCED_INSTANCE_ID')
  expect(await fenced()).toBe('FENCED_INSTANCE_ID')
  expect(lost).toEqual([both])
  await second.commit([{ topic, partition: 0, offset: 3 }])
  await first[Symbol.asyncDispose]()
  expect(await members()).toBe(1)
})
