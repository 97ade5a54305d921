import { Kafka, logLevel } from 'kafkajs'
import { expect, test } from 'vitest'
import { newBrokerFolder, startBrokerProcess } from '#e2e/kafka/broker-process.ts'

test('kafkajs lists, creates, produces, and consumes with a group of two members', async () => {
  using folder = newBrokerFolder()
  await using broker = await startBrokerProcess(folder.path)
  const kafka = new Kafka({ brokers: [broker.address], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const topic = 'orders'
  await admin.createTopics({
    topics: [{ topic, numPartitions: 4, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] }],
  })
  expect(await admin.listTopics()).toContain(topic)
  const { resources } = await admin.describeConfigs({
    resources: [{ type: 2, name: topic, configNames: ['cleanup.policy'] }],
    includeSynonyms: false,
  })
  expect(resources[0]?.configEntries).toMatchObject([{ configName: 'cleanup.policy', configValue: 'compact' }])

  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  const sent = Array.from({ length: 200 }, (_, at) => `value-${at}`)
  await producer.send({
    topic,
    messages: sent.map((value, at) => ({ key: `key-${at}`, value, headers: { at: `${at}` } })),
  })
  await producer.disconnect()

  const seen: { member: string; partition: number; value: string }[] = []
  const partitionsOf = new Map<string, number[]>()
  let all: () => void = () => {}
  const everything = new Promise<void>((resolve) => {
    all = resolve
  })
  let shared: () => void = () => {}
  const twoMembers = new Promise<void>((resolve) => {
    shared = resolve
  })
  const members = ['a', 'b'].map((member) => {
    const consumer = kafka.consumer({
      groupId: 'readers',
      sessionTimeout: 6000,
      heartbeatInterval: 200,
      maxWaitTimeInMs: 200,
    })
    consumer.on('consumer.group_join', ({ payload }) => {
      partitionsOf.set(member, payload.memberAssignment[topic] ?? [])
      if ([...partitionsOf.values()].flat().length === 4 && partitionsOf.size === 2) shared()
    })
    return { member, consumer }
  })
  for (const { member, consumer } of members) {
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        seen.push({ member, partition, value: String(message.value) })
        if (new Set(seen.map(({ value }) => value)).size === sent.length) all()
      },
    })
  }
  await Promise.all([everything, twoMembers])
  expect([...partitionsOf.values()].map(({ length }) => length)).toEqual([2, 2])
  const { groups } = await admin.describeGroups(['readers'])
  expect(groups[0]).toMatchObject({ protocolType: 'consumer' })
  expect(groups[0]?.members).toHaveLength(2)
  for (const { consumer } of members) await consumer.disconnect()

  const [committed] = await admin.fetchOffsets({ groupId: 'readers', topics: [topic] })
  const ends = await admin.fetchTopicOffsets(topic)
  for (const { partition, high } of ends) {
    expect(committed?.partitions.find((one) => one.partition === partition)?.offset).toBe(high)
  }
  await admin.deleteGroups(['readers'])
  await admin.deleteTopics({ topics: [topic] })
  expect(await admin.listTopics()).not.toContain(topic)
  await admin.disconnect()
})
