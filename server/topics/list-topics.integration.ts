import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { type Script, startScriptedBroker } from '#server/kafka/testdata/scripted-broker.ts'
import { createTopics } from '#server/topics/topics.ts'

/** A cluster of these topics, each with two partitions of which the offsets 10 to 25 are there. */
async function listWith(names: string[], leaderOf: (topic: string, partition: number) => number) {
  let port = 0
  const script: Script = {
    Metadata: ({ body }) => ({
      brokers: [{ nodeId: 1, host: '127.0.0.1', port }],
      clusterId: 'scripted',
      controllerId: 1,
      topics: (body.topics?.map(({ name }) => name ?? '') ?? names).map((name) => ({
        name,
        partitions: [0, 1].map((partitionIndex) => {
          const leaderId = leaderOf(name, partitionIndex)
          return { partitionIndex, leaderId, errorCode: leaderId < 0 ? 5 : 0 }
        }),
      })),
    }),
    ListOffsets: ({ body }) => ({
      topics: body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => ({
          partitionIndex,
          offset: timestamp === -2 ? 10 : 25,
        })),
      })),
    }),
  }
  await using broker = await startScriptedBroker(script)
  port = broker.port
  await using topics = createTopics({
    kafka: { 'bootstrap.servers': `127.0.0.1:${port}` },
    clock: systemClock,
    logger: quietLogger,
  })
  return { list: await topics.list(), requests: broker.requests }
}

test('a thousand topics cost a handful of requests', async () => {
  const names = Array.from({ length: 1000 }, (_, i) => `topic-${`${i}`.padStart(4, '0')}`)
  const { list, requests } = await listWith(names.toReversed(), () => 1)
  expect(list).toEqual(names.map((name) => ({ name, partitions: 2, internal: false, records: 30 })))
  const asked = requests.filter(({ api }) => api !== 'ApiVersions').map(({ api }) => api)
  expect(asked.filter((api) => api === 'ListOffsets')).toHaveLength(2)
  expect(asked.length).toBeLessThanOrEqual(6)
  for (const request of requests) {
    if (request.api === 'Metadata') expect(request.body.allowAutoTopicCreation).toBe(false)
  }
})

test('a partition without a leader neither hides the other topics nor counts records', async () => {
  const { list } = await listWith(['healthy', 'halved'], (topic, partition) => {
    return topic === 'halved' && partition === 1 ? -1 : 1
  })
  expect(list).toEqual([
    { name: 'halved', partitions: 2, internal: false, records: 15 },
    { name: 'healthy', partitions: 2, internal: false, records: 30 },
  ])
})
