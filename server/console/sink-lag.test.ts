import { expect, test } from 'vitest'
import { sinkLag } from '#server/console/sink-lag.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { TopicDetail, Topics } from '#server/contract/topics.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'

const settings = { slug: 'a', name: 'A', workerUrls: [], bootstrapServers: 'a:1' }
const topics = (ends: Record<string, [start: number, end: number][]>) => () =>
  ({
    async describe(topic: string): Promise<TopicDetail> {
      const found = ends[topic]
      if (!found) throw new ConnectError('TOPIC_NOT_FOUND', `The topic ${topic} does not exist.`)
      const offsets = found.map(([start, end], partition) => ({ partition, start, end }))
      return { name: topic, partitions: found.length, internal: false, records: 0, offsets, config: [] }
    },
  }) as Topics
const sink = (names: string, committed: [topic: string, partition: number, offset: number][]) => ({
  ...createMemoryHerder(),
  info: async () => ({ name: 's', type: 'sink' as const, config: { topics: names }, tasks: [] }),
  offsets: async () =>
    committed.map(([topic, partition, offset]) => ({
      partition: { kafka_topic: topic, kafka_partition: partition },
      offset: { kafka_offset: offset },
    })),
})

test('lag is what lies between the commit and the end, and everything where nothing was committed', async () => {
  const herder = sink('orders, late', [['orders', 1, 7]])
  const kafka = topics({
    orders: [
      [2, 12],
      [0, 9],
    ],
  })
  expect(await sinkLag({ herder, settings, topics: kafka }, 's')).toEqual([
    { topic: 'orders', partition: 0, committed: null, end: 12, lag: 10 },
    { topic: 'orders', partition: 1, committed: 7, end: 9, lag: 2 },
  ])
})

test('a topic that only a pattern names counts, and a commit before what Kafka still has lags by what it has', async () => {
  const herder = sink('', [['old', 0, 3]])
  expect(await sinkLag({ herder, settings, topics: topics({ old: [[10, 14]] }) }, 's')).toEqual([
    { topic: 'old', partition: 0, committed: 3, end: 14, lag: 4 },
  ])
})

test('of a source, and without Kafka, nothing can be said', async () => {
  const source = {
    ...createMemoryHerder(),
    info: async () => ({ name: 's', type: 'source' as const, config: {}, tasks: [] }),
  }
  expect(await sinkLag({ herder: source, settings, topics: topics({}) }, 's')).toBeNull()
  const { bootstrapServers: _, ...apart } = settings
  expect(await sinkLag({ herder: sink('orders', []), settings: apart, topics: topics({}) }, 's')).toBeNull()
})
