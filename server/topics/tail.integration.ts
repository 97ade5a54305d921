import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import type { TailFrame, TailPlace, TailQuery, Topics } from '#server/contract/topics.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { type RestartableKafka, realKafka, startRestartableKafka } from '#server/topics/testdata/restartable-kafka.ts'
import { createTopics } from '#server/topics/topics.ts'

let kafka: RestartableKafka
let topics: Topics
const newTopics = () =>
  createTopics({ kafka: { 'bootstrap.servers': kafka.bootstrapServers }, clock: systemClock, logger: quietLogger })

beforeAll(async () => {
  kafka = await startRestartableKafka()
  topics = newTopics()
})
afterAll(async () => {
  await topics[Symbol.asyncDispose]()
  await kafka[Symbol.asyncDispose]()
})

const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, i) => ({ value: `${from + i}` }))
const texts = (count: number, from = 0) => numbered(count, from).map(({ value }) => value)

/** A tail that a test takes frames from. */
function open(query: Partial<TailQuery> & { topic: string }) {
  const ending = AbortSignal.timeout(90_000)
  const frames = topics.tail({ format: 'text', backlog: 0, ...query }, ending)[Symbol.asyncIterator]()
  const values: (string | undefined)[] = []
  let last: TailFrame | undefined
  const next = async (): Promise<TailFrame> => {
    const { value, done } = await frames.next()
    if (done) throw new Error('the tail ended')
    values.push(...value.event.records.map((record) => record.value?.text))
    last = value
    return value
  }
  return {
    values,
    next,
    place: () => last?.place,
    async until(count: number) {
      while (values.length < count) await next()
      return values
    },
    [Symbol.asyncDispose]: async () => {
      await frames.return?.()
    },
  }
}

const readSince = ({ delivered, filtered, skipped }: TailPlace) => delivered + filtered + skipped

test('begins with the backlog in one frame, then follows', async () => {
  const topic = await kafka.newTopic(3)
  await kafka.fill(
    topic,
    numbered(30).map((record, i) => ({ ...record, partition: i % 2, timestamp: Date.now() - 3_600_000 + i })),
  )
  await using tail = open({ topic, backlog: 5 })
  const first = await tail.next()
  expect(tail.values).toEqual(texts(5, 25))
  expect(first.event).toMatchObject({ delivered: 5, filtered: 0, skipped: 0, behind: 0 })
  await kafka.fill(topic, [{ value: 'new', partition: 2 }])
  expect((await tail.until(6)).at(-1)).toBe('new')
})

test('tells its place at once, also in an empty topic', async () => {
  const topic = await kafka.newTopic(2)
  await using tail = open({ topic, backlog: 50 })
  expect(await tail.next()).toEqual({
    event: { records: [], delivered: 0, filtered: 0, skipped: 0, behind: 0 },
    place: {
      delivered: 0,
      filtered: 0,
      skipped: 0,
      next: [
        { partition: 0, offset: 0 },
        { partition: 1, offset: 0 },
      ],
    },
  })
})

test('goes on at the place of another tail without repeating or losing a record', async () => {
  const topic = await kafka.newTopic(2)
  const seen: (string | undefined)[] = []
  let from: TailPlace | undefined
  for (let round = 0; round < 4; round++) {
    await using tail = open({ topic, ...(from ? { from } : {}) })
    await tail.next()
    const batch = numbered(25, round * 50).map((record, i) => ({ ...record, partition: i % 2 }))
    await kafka.fill(topic, batch)
    seen.push(...(await tail.until(round === 0 ? 25 : 50)))
    from = tail.place()
    // Written while nobody follows.
    await kafka.fill(topic, numbered(25, round * 50 + 25))
  }
  expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(texts(175))
  expect(from).toMatchObject({ delivered: 175, filtered: 0, skipped: 0 })
})

test('counts what the filter leaves out', async () => {
  const topic = await kafka.newTopic()
  await using tail = open({ topic, contains: '7' })
  await tail.next()
  await kafka.fill(topic, numbered(100))
  await tail.until(19)
  expect(tail.values.every((value) => value?.includes('7'))).toBe(true)
  while (readSince(tail.place() as TailPlace) < 100) await tail.next()
  expect(tail.place()).toMatchObject({ delivered: 19, filtered: 81, skipped: 0 })
})

test('skips and counts what a slow reader could not take, and shows the newest', async () => {
  const topic = await kafka.newTopic()
  await using tail = open({ topic })
  await tail.next()
  const total = 60_000
  for (let at = 0; at < total; at += 5_000) await kafka.fill(topic, numbered(5_000, at))
  const behinds: number[] = []
  let frames = 0
  const startedAt = Date.now()
  while (readSince(tail.place() as TailPlace) < total) {
    const { event } = await tail.next()
    behinds.push(event.behind)
    frames++
    expect(event.records.length).toBeLessThanOrEqual(2_000)
  }
  expect(frames).toBeLessThanOrEqual(1 + (Date.now() - startedAt) / 50)
  expect(tail.values.at(-1)).toBe(`${total - 1}`)
  expect(tail.place()?.skipped).toBeGreaterThan(0)
  expect(tail.place()?.delivered).toBe(tail.values.length)
  expect(behinds.at(-1)).toBe(0)
})

test('says how far behind it is', async () => {
  const topic = await kafka.newTopic()
  // More than a frame may read, so that the first one cannot be the end.
  const large = Array.from({ length: 30 }, () => ({ value: 'x'.repeat(900_000) }))
  for (const record of large) await kafka.fill(topic, [record])
  const from = { delivered: 0, filtered: 0, skipped: 0, next: [{ partition: 0, offset: 0 }] }
  await using tail = open({ topic, from })
  const { event, place } = await tail.next()
  expect(event.behind).toBe(30 - readSince(place))
  expect(event.behind).toBeGreaterThan(0)
  while (readSince(tail.place() as TailPlace) < 30) await tail.next()
})

test('follows partitions that are added', async () => {
  const topic = await kafka.newTopic(1)
  await using tail = open({ topic })
  await tail.next()
  await kafka.client.call(
    'CreatePartitions',
    { topics: [{ name: topic, count: 3, assignments: null }], timeoutMs: 5_000 },
    'controller',
  )
  kafka.client.invalidate({ topic })
  await expect.poll(() => kafka.client.partitionCount(topic)).toBe(3)
  await kafka.fill(topic, [{ value: 'in the new one', partition: 2 }])
  expect(await tail.until(1)).toEqual(['in the new one'])
})

test('ends with a clear error when its topic is deleted, or is another of the same name', async () => {
  for (const again of [false, true]) {
    const topic = await kafka.newTopic()
    await using tail = open({ topic })
    await tail.next()
    const admin = createAdmin(kafka.client)
    await admin.deleteTopics([topic])
    if (again)
      await expect
        .poll(() => admin.createTopics([{ name: topic, partitions: 1, replicationFactor: -1 }]))
        .toEqual([topic])
    const failure = { code: 'TOPIC_NOT_FOUND', message: expect.stringContaining('was deleted') }
    await expect(tail.until(1)).rejects.toMatchObject(failure)
  }
})

test.skipIf(realKafka)('continues after a restart of the broker, without losing or repeating', async () => {
  const topic = await kafka.newTopic(2)
  await kafka.fill(topic, numbered(10))
  await using tail = open({ topic, backlog: 10 })
  await tail.until(10)
  const waiting = tail.until(40)
  await kafka.stop()
  await kafka.start()
  await kafka.fill(topic, numbered(15, 10))
  await kafka.stop()
  await kafka.start()
  await kafka.fill(
    topic,
    numbered(15, 25).map((record) => ({ ...record, partition: 1 })),
  )
  expect((await waiting).toSorted((a, b) => Number(a) - Number(b))).toEqual(texts(40))
  expect(tail.place()).toMatchObject({ delivered: 40, filtered: 0, skipped: 0 })
})

/** Sockets that this process has open to the broker. */
const connections = () => process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length

test('closes its connections when the signal aborts, when the iterator returns and when everything is disposed of', async () => {
  const topic = await kafka.newTopic()
  await using own = newTopics()
  const query = { topic, format: 'text', backlog: 0 } as const
  const before = connections()
  for (const end of ['abort', 'return', 'dispose'] as const) {
    const ending = new AbortController()
    const iterable = own.tail(query, ending.signal)
    const frames = iterable[Symbol.asyncIterator]()
    await frames.next()
    expect(connections()).toBeGreaterThan(before)
    // Waits for a record that never comes, unless it is ended.
    const waiting = frames.next()
    if (end === 'abort') ending.abort()
    else if (end === 'dispose') await own[Symbol.asyncDispose]()
    else await frames.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
    await expect.poll(connections).toBeLessThanOrEqual(before)
  }
})

test.skipIf(realKafka)('ends at once while it looks in vain for a Kafka that is away', async () => {
  const topic = await kafka.newTopic()
  const lookedInVain = Promise.withResolvers<void>()
  const logger = {
    ...quietLogger,
    debug: (message: string) => {
      if (message.includes('cannot be looked at')) lookedInVain.resolve()
    },
  }
  await using own = createTopics({ kafka: { 'bootstrap.servers': kafka.bootstrapServers }, clock: systemClock, logger })
  const ending = new AbortController()
  const frames = own.tail({ topic, format: 'text', backlog: 0 }, ending.signal)[Symbol.asyncIterator]()
  await frames.next()
  const waiting = frames.next()
  await kafka.stop()
  await lookedInVain.promise
  const startedAt = Date.now()
  ending.abort()
  expect((await waiting).done).toBe(true)
  expect(Date.now() - startedAt).toBeLessThan(2_000)
  await kafka.start()
})
