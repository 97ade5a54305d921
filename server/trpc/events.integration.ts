import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Database, openDatabase } from '#server/console/database/database.ts'
import type { LiveEvent } from '#server/console/live-feed.ts'
import type { TailEvent } from '#server/contract/topics.ts'
import { type EventStream, openStream } from '#server/trpc/test-tree/event-stream.ts'
import { type RunningConsole, startConsoleUnderTest } from '#server/trpc/test-tree/running-console.ts'

const cluster = 'local'
const config = { 'connector.class': 'FileStreamSource', topic: 'lines' }
let database: Database
let running: RunningConsole

beforeAll(async () => {
  database = await openDatabase('memory')
})
afterAll(() => database[Symbol.asyncDispose]())

beforeEach(async () => {
  running = await startConsoleUnderTest({ database, withBroker: true })
  return () => running[Symbol.asyncDispose]()
})

/** The next event for which it holds; all before it are passed over. */
async function until<Data>(stream: EventStream<Data>, holds: (data: Data) => boolean) {
  for (;;) {
    const event = await stream.next()
    if (holds(event.data)) return event
  }
}

test('a browser hears what another program did to the cluster, and that the cluster is gone', async () => {
  await using events = await openStream<LiveEvent>(running.url, 'events', { cluster })
  expect((await events.next()).data).toEqual({ changed: [], reason: null })
  await running.herder.create({ name: 'from-outside', config })
  await until(events, ({ changed }) => changed.includes('connectors'))
  await running.closeWorker()
  const gone = await until(events, ({ reason }) => reason !== null)
  expect(gone.data.reason).toContain('No worker answered')
})

test('a browser hears when a connector has its first topic, which its page waits for', async () => {
  await running.herder.create({ name: 'c', config })
  await using events = await openStream<LiveEvent>(running.url, 'events', { cluster })
  await events.next()
  running.herder.produced('c', 'lines', { partition: {}, offset: {} })
  const told = await until(events, ({ changed }) => changed.includes('topics'))
  expect(told.data.changed).toContain('connectors')
})

test('a broken stream goes on with what changed meanwhile', async () => {
  const first = await openStream<LiveEvent>(running.url, 'events', { cluster })
  await using staying = await openStream<LiveEvent>(running.url, 'events', { cluster })
  const { id } = await first.next()
  await first[Symbol.asyncDispose]()
  await running.client.views.save.mutate({ cluster, page: 'connectors', name: 'v', query: '' })
  await until(staying, ({ changed }) => changed.includes('views'))
  await using again = await openStream<LiveEvent>(running.url, 'events', { cluster }, id)
  expect((await again.next()).data.changed).toContain('views')
})

test('an unknown cluster ends the stream with its code', async () => {
  await using events = await openStream(running.url, 'events', { cluster: 'nowhere' })
  await expect(events.next()).rejects.toThrow(/CLUSTER_NOT_FOUND/)
})

test('topics are listed, described, read and written', async () => {
  const { topics } = running.client
  await running.createTopic('lines', 2)
  const record = { cluster, topic: 'lines', key: 'k', value: '{"n":1}', headers: [{ name: 'h', value: 'ü' }] }
  expect(await topics.produce.mutate({ ...record, partition: 1 })).toEqual({ partition: 1, offset: '0' })
  expect(await topics.list.query({ cluster })).toContainEqual({
    name: 'lines',
    partitions: 2,
    internal: false,
    records: 1,
  })
  expect((await topics.describe.query({ cluster, topic: 'lines' })).offsets).toHaveLength(2)
  expect(await topics.users.query({ cluster, topic: 'lines' })).toEqual({ writers: [], readers: [] })
  const read = { cluster, topic: 'lines', format: 'auto', limit: 10, from: { at: 'newest' } } as const
  expect(await topics.read.query(read)).toMatchObject([
    { partition: 1, offset: 0, key: { text: 'k' }, value: { text: '{"n":1}', format: 'json' } },
  ])
  await expect(topics.describe.query({ cluster, topic: 'none' })).rejects.toMatchObject({
    data: { httpStatus: 404, connect: { code: 'TOPIC_NOT_FOUND' } },
  })
})

test('a tail that was broken goes on without a repeat or a gap', async () => {
  const { topics } = running.client
  await running.createTopic('lines', 1)
  const produce = (value: string) => topics.produce.mutate({ cluster, topic: 'lines', key: null, value, headers: [] })
  const query = { cluster, topic: 'lines', format: 'text', backlog: 10 }
  const values = ({ records }: TailEvent) => records.map(({ value }) => value?.text)

  const first = await openStream<TailEvent>(running.url, 'topics.tail', query)
  await produce('one')
  const { id } = await until(first, ({ delivered }) => delivered === 1)
  await first[Symbol.asyncDispose]()
  await produce('two')

  await using again = await openStream<TailEvent>(running.url, 'topics.tail', query, id)
  const next = await until(again, ({ records }) => records.length > 0)
  expect(values(next.data)).toEqual(['two'])
  expect(next.data.delivered).toBe(2)
})

test('a tail of no topic, or from no place, ends with its code instead of being tried for ever', async () => {
  const query = { cluster, topic: 'none', format: 'text', backlog: 1 }
  await using tail = await openStream(running.url, 'topics.tail', query)
  await expect(tail.next()).rejects.toThrow(/TOPIC_NOT_FOUND/)
  await using elsewhere = await openStream(running.url, 'topics.tail', query, 'no place')
  await expect(elsewhere.next()).rejects.toThrow(/BAD_REQUEST/)
})
