import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { startScriptedBroker } from '#server/kafka/testdata/scripted-broker.ts'
import { createTopicSubscription, type Subscribe } from '#server/kafka/topic-subscription.ts'

/** What is subscribed to of a cluster with these topics, and whether it was asked to create any. */
async function subscribed(subscribe: Subscribe, createsTopics = true) {
  await using broker = await startScriptedBroker({
    Metadata: ({ body }) => ({
      brokers: [{ nodeId: 1, host: '127.0.0.1', port: broker.port }],
      clusterId: 'c',
      controllerId: 1,
      topics: (body.topics?.map(({ name }) => name ?? '') ?? ['orders', 'audit', '__consumer_offsets']).map((name) => ({
        name,
        isInternal: name.startsWith('__'),
        partitions: [{ partitionIndex: 0, leaderId: 1 }],
      })),
    }),
  })
  await using client = createKafkaClient({
    bootstrapServers: [`127.0.0.1:${broker.port}`],
    clientId: 'test',
    clock: systemClock,
    logger: quietLogger,
  })
  const subscription = createTopicSubscription(client, subscribe, { metadataMaxAgeMs: 1_000, createsTopics })
  expect(await subscription.look()).toBe(true)
  const last = broker.requests.at(-1)
  return { topics: subscription.topics, creates: last?.api === 'Metadata' && last.body.allowAutoTopicCreation }
}

test('a pattern leaves Kafka’s own topics alone, unless they are asked for', async () => {
  const everything = () => true
  expect((await subscribed({ matches: everything })).topics).toEqual(['orders', 'audit'])
  const all = await subscribed({ matches: everything, internalToo: true })
  expect(all.topics).toEqual(['orders', 'audit', '__consumer_offsets'])
})

test('a topic that is named is subscribed to whatever it is', async () => {
  expect((await subscribed({ topics: ['__consumer_offsets'] })).topics).toEqual(['__consumer_offsets'])
})

test.each([true, false])('brokers are asked to create what is missing: %s', async (createsTopics) => {
  expect((await subscribed({ topics: ['orders'] }, createsTopics)).creates).toBe(createsTopics)
})
