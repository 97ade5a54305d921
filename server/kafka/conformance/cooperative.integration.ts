import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAdmin, type TopicPartition } from '#server/kafka/admin.ts'
import { subscriptionFor } from '#server/kafka/assignors.ts'
import { createGroupMember } from '#server/kafka/group-member.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { createSinkConsumer } from '#server/kafka/sink-consumer.ts'
import { type KafkaUnderTest, openKafkaUnderTest, valuesOf } from '#server/kafka/testdata/kafka-under-test.ts'
import { decodeConsumerAssignment } from '#server/protocol/consumer-bytes.ts'

let kafka: KafkaUnderTest
beforeAll(async () => {
  kafka = await openKafkaUnderTest()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const partitionsOf = (partitions: readonly TopicPartition[]) => partitions.map(({ partition }) => partition).sort()

/** A member that polls until it is stopped, with what it was told and what it read. */
function join(groupId: string, topic: string) {
  const told: string[] = []
  const values: string[] = []
  const tell = (what: string) => async (partitions: TopicPartition[]) =>
    void told.push(`${what} ${partitionsOf(partitions).join()}`)
  const consumer = createSinkConsumer(kafka.client, {
    groupId,
    assignors: ['cooperative-sticky'],
    subscribe: { topics: [topic] },
    isolation: 'read_uncommitted',
    heartbeatIntervalMs: 100,
    maxWaitMs: 50,
    hooks: { assigned: tell('assigned'), revoked: tell('revoked'), lost: tell('lost') },
  })
  const stop = new AbortController()
  const polling = (async () => {
    while (!stop.signal.aborted) {
      const read = await consumer.poll(stop.signal, 100).catch((error: unknown) => {
        if (stop.signal.aborted) return []
        throw error
      })
      values.push(...valuesOf(read))
    }
  })()
  return {
    told,
    values,
    consumer,
    partitions: () => partitionsOf(consumer.assignment()),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await polling
      await consumer[Symbol.asyncDispose]()
    },
  }
}

async function write(topic: string, values: readonly string[]) {
  await using producer = createProducer(kafka.client, { acks: -1, idempotent: true })
  const records = values.map((value, at) => ({ key: null, value: Buffer.from(value), partition: at % 4 }))
  await producer.produce(topic, records)
}

const patience = { timeout: 20_000 }

/** A member that joins the group only when it is told to. */
function slowMember(groupId: string, topic: string) {
  const protocols = () => [
    {
      name: 'cooperative-sticky',
      metadata: subscriptionFor('cooperative-sticky', [topic], { owned: [], generation: -1, last: undefined }),
    },
  ]
  return createGroupMember(kafka.client, {
    groupId,
    protocolType: 'consumer',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 60_000,
    heartbeatIntervalMs: 100,
    protocols,
    assign: async () => {
      throw new Error('the other one leads')
    },
    onRebalanceNeeded: () => undefined,
    onLost: () => undefined,
  })
}

test('KIP-429: only what goes elsewhere is put down; what stays is read on, without a commit or a repetition', async () => {
  const topic = await kafka.newTopic(4)
  const groupId = `g-${randomUUID()}`
  await write(topic, ['a', 'b', 'c', 'd'])
  await using first = join(groupId, topic)
  await expect.poll(() => [...first.values].sort(), patience).toEqual(['a', 'b', 'c', 'd'])
  expect(first.told).toEqual(['assigned 0,1,2,3'])

  const second = join(groupId, topic)
  await expect.poll(() => [first.partitions().length, second.partitions().length], patience).toEqual([2, 2])
  const [gone, kept] = [second.partitions(), first.partitions()]
  expect([...gone, ...kept].sort()).toEqual([0, 1, 2, 3])
  // The second round brings nothing new to the first member.
  expect(first.told.filter((one) => one !== 'assigned ')).toEqual(['assigned 0,1,2,3', `revoked ${gone.join()}`])
  expect(second.told.filter((one) => one !== 'assigned ')).toEqual([`assigned ${gone.join()}`])

  await write(topic, ['e', 'f', 'g', 'h'])
  const mine = (values: readonly string[]) => values.filter((_, at) => kept.includes(at))
  await expect.poll(() => first.values.slice(4).sort(), patience).toEqual(mine(['e', 'f', 'g', 'h']))

  await second[Symbol.asyncDispose]()
  await expect.poll(() => first.partitions(), patience).toEqual([0, 1, 2, 3])
  expect(first.told.filter((one) => one.startsWith('revoked'))).toHaveLength(1)
  await write(topic, ['i', 'j', 'k', 'l'])
  await expect.poll(() => first.values, patience).toEqual(expect.arrayContaining(['i', 'j', 'k', 'l']))
  // What nobody else had in between came once.
  for (const value of mine(['a', 'b', 'c', 'd'])) {
    expect(first.values.filter((one) => one === value)).toEqual([value])
  }
})

test('what a member keeps is read on while the group waits for another one to join', async () => {
  const topic = await kafka.newTopic(4)
  const groupId = `g-${randomUUID()}`
  await using first = join(groupId, topic)
  await expect.poll(() => first.partitions(), patience).toEqual([0, 1, 2, 3])
  await using slow = slowMember(groupId, topic)
  const { signal } = new AbortController()
  await slow.join(signal)
  // The first member has put two down and joined again; that round waits for the slow one.
  await expect.poll(() => first.told.some((one) => one.startsWith('revoked')), patience).toBe(true)
  const kept = first.partitions()
  expect(kept).toHaveLength(2)
  for (const round of ['a', 'b', 'c']) {
    await write(
      topic,
      [0, 1, 2, 3].map((partition) => round + partition),
    )
    const wanted = kept.map((partition) => round + partition)
    await expect.poll(() => first.values, patience).toEqual(expect.arrayContaining(wanted))
    // What a task made durable meanwhile counts.
    await first.consumer.commit(kept.map((partition) => ({ topic, partition, offset: 1 })))
  }
  expect(first.told.filter((one) => one !== 'assigned ')).toHaveLength(2)
  const { assignment } = await slow.join(signal)
  const theirs = decodeConsumerAssignment(assignment).flatMap(({ partitions }) => partitions)
  expect([...theirs, ...kept].sort()).toEqual([0, 1, 2, 3])
  expect(first.values).toHaveLength(6)
})

test('a member that was expelled has lost everything, claims nothing, and joins anew', async () => {
  const topic = await kafka.newTopic(4)
  const groupId = `g-${randomUUID()}`
  await using member = join(groupId, topic)
  await expect.poll(() => member.told, patience).toEqual(['assigned 0,1,2,3'])
  const { members } = await createAdmin(kafka.client).describeGroup(groupId)
  const leaving = members.map(({ memberId }) => ({ memberId, groupInstanceId: null, reason: 'expelled' }))
  await kafka.client.call('LeaveGroup', { groupId, members: leaving }, { coordinator: 'group', key: groupId })
  await expect.poll(() => member.told, patience).toEqual(['assigned 0,1,2,3', 'lost 0,1,2,3', 'assigned 0,1,2,3'])
})
