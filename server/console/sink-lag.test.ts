import { expect, test } from 'vitest'
import { sinkLag, sinkLags } from '#server/console/sink-lag.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Topics } from '#server/contract/topics.ts'
import { createMemoryHerder } from '#server/rest/test-tree/memory-herder.ts'

const settings = { slug: 'a', name: 'A', workerUrls: [], bootstrapServers: 'a:1' }
const topics = (ends: Record<string, [start: number, end: number][]>) => () =>
  ({
    offsets: async (names) =>
      names.flatMap((name) => {
        const offsets = ends[name]?.map(([start, end], partition) => ({ partition, start, end }))
        return offsets ? [{ name, offsets }] : []
      }),
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

test('the lags of many are summed up, and Kafka is asked once for all their topics', async () => {
  const committed = { a: 4, b: 9, idle: null } as Record<string, number | null>
  const herder = {
    ...createMemoryHerder(),
    async info(name: string) {
      if (name === 'gone') throw new ConnectError('CONNECTOR_NOT_FOUND', 'Connector gone not found')
      const type = name === 'source' ? ('source' as const) : ('sink' as const)
      return { name, type, config: { topics: name === 'idle' ? '' : 'orders' }, tasks: [] }
    },
    offsets: async (name: string) => {
      const at = committed[name]
      return at === null
        ? []
        : [{ partition: { kafka_topic: 'orders', kafka_partition: 0 }, offset: { kafka_offset: at } }]
    },
  }
  const asked: (readonly string[])[] = []
  const kafka = topics({ orders: [[0, 10]] })
  const counted = () => ({
    ...kafka(),
    offsets: (names: readonly string[]) => {
      asked.push(names)
      return kafka().offsets(names)
    },
  })
  const cluster = { herder, settings, topics: counted }
  expect(await sinkLags(cluster, ['a', 'b', 'gone', 'source', 'idle'])).toEqual([
    { connector: 'a', lag: 6 },
    { connector: 'b', lag: 1 },
  ])
  expect(asked).toEqual([['orders']])
  await expect(sinkLags(cluster, ['gone'])).rejects.toMatchObject({ code: 'CONNECTOR_NOT_FOUND' })
  const { bootstrapServers: _, ...apart } = settings
  expect(await sinkLags({ ...cluster, settings: apart }, ['a'])).toBeNull()
})
