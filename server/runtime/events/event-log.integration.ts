import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import type { EventEntry } from '#server/contract/events.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import type { LogFields, Logger } from '#server/contract/logger.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createAttempts } from '#server/runtime/events/attempts.ts'
import { createEventLog, type EventLimits, type EventLog } from '#server/runtime/events/event-log.ts'
import { createEventTopic } from '#server/runtime/events/event-topic.ts'
import { eventually } from '#server/runtime/test-tree/eventually.ts'
import { type RestartableKafka, startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { startWire } from '#server/runtime/test-tree/wire.ts'

let kafka: RestartableKafka
beforeAll(async () => {
  kafka = await startRestartableKafka()
})
afterAll(() => kafka[Symbol.asyncDispose]())

interface Options {
  topic?: string
  worker?: string
  replicationFactor?: number
  limits?: Partial<EventLimits>
  bootstrapServers?: string
}

/** The event log of one worker, with a connection of its own. Those with the same topic are of one group. */
function openLog(options: Options = {}) {
  const lifecycle = createLifecycle()
  const warnings: string[] = []
  const warn = (message: string, _?: LogFields) => void warnings.push(message)
  const logger: Logger = { ...quietLogger, warn }
  const bootstrapServers = [options.bootstrapServers ?? kafka.bootstrapServers]
  const client = createKafkaClient({ bootstrapServers, clientId: 'test', clock: systemClock, logger: quietLogger })
  const admin = lifecycle.own(client) && createAdmin(client)
  const topic = {
    name: options.topic ?? `events-${randomUUID()}`,
    partitions: 1,
    replicationFactor: options.replicationFactor ?? 1,
    settings: { 'cleanup.policy': 'delete', 'retention.bytes': '1048576' },
  }
  const log: EventLog = lifecycle.own(
    createEventLog({
      openTopic: (more) => createEventTopic({ ...more, client, admin, topic, logger: quietLogger }),
      worker: () => options.worker ?? 'w:1',
      attempts: createAttempts(),
      ...(options.limits && { limits: options.limits }),
      clock: systemClock,
      logger,
    }),
  )
  return {
    ...{ log, admin, topic: topic.name, warnings },
    [Symbol.asyncDispose]: () => lifecycle[Symbol.asyncDispose](),
  }
}

const line = (message: string, connector = 'c') => ({ kind: 'log', level: 'INFO', message, connector }) as const
const messages = (entries: readonly EventEntry[]) => entries.map(({ message }) => message)
const holds = (log: EventLog, ...expected: string[]) =>
  eventually(`the log to hold ${expected.join(', ')}`, async () => {
    const { entries } = await log.page({ connector: 'c', limit: 1_000 })
    return expected.every((message) => messages(entries).includes(message)) ? entries : undefined
  })

test('every worker reads what all wrote, in one order, also after the one that wrote it is gone', async () => {
  const first = openLog({ worker: 'w:1' })
  first.log.write(line('one'))
  first.log.write({ ...line('two'), task: 3, attempt: 2, trace: 'Error: x' })
  await first[Symbol.asyncDispose]()
  await using second = openLog({ topic: first.topic, worker: 'w:2' })
  second.log.write(line('three'))
  await using third = openLog({ topic: first.topic, worker: 'w:3' })
  await holds(third.log, 'three')
  const { entries, origin, older } = await third.log.page({ connector: 'c', limit: 10 })
  expect(origin).toBe('topic')
  expect(older).toBeNull()
  expect(entries.map(({ id, worker, message }) => [id, worker, message])).toEqual([
    ['0-0', 'w:1', 'one'],
    ['0-1', 'w:1', 'two'],
    ['0-2', 'w:2', 'three'],
  ])
  expect(entries[1]).toMatchObject({ kind: 'log', level: 'INFO', task: 3, attempt: 2, trace: 'Error: x' })
})

test('what is older than its memory is read of the topic, page by page, without a gap or a repetition', async () => {
  const window = { entries: 5, bytes: 1_000_000 }
  await using writer = openLog({ limits: { window } })
  const all = Array.from({ length: 40 }, (_, n) => `line ${n}`)
  for (const message of all) writer.log.write(line(message, Number(message.slice(5)) % 2 ? 'c' : 'd'))
  await holds(writer.log, 'line 39')
  await using reader = openLog({ topic: writer.topic, limits: { window } })
  for (const { log } of [writer, reader]) {
    const found: string[] = []
    let before: string | undefined
    let pages = 0
    do {
      const page = await log.page({ connector: 'c', limit: 6, ...(before && { before }) })
      found.unshift(...messages(page.entries))
      before = page.older ?? undefined
      pages += 1
    } while (before !== undefined)
    expect(found).toEqual(all.filter((_, n) => n % 2))
    expect(pages).toBe(4)
  }
})

test('tells what happens from now on, and after a given entry', async () => {
  await using worker = openLog()
  worker.log.write(line('before'))
  const [entry] = await holds(worker.log, 'before')
  worker.log.write(line('between'))
  await holds(worker.log, 'between')
  const over = new AbortController()
  const after = worker.log.follow({ connector: 'c' }, entry?.id, over.signal)
  const live = worker.log.follow({ connector: 'c' }, undefined, over.signal)
  const messageOf = async (next: Promise<IteratorResult<EventEntry, void>>) => (await next).value?.message
  const next = messageOf(live.next())
  expect(await messageOf(after.next())).toBe('between')
  worker.log.write(line('other', 'd'))
  worker.log.write(line('now'))
  expect(await next).toBe('now')
  // One that is busy misses nothing.
  worker.log.write(line('later'))
  await holds(worker.log, 'later')
  expect([await messageOf(after.next()), await messageOf(after.next())]).toEqual(['now', 'later'])
  expect(await messageOf(live.next())).toBe('later')
  const end = live.next()
  over.abort()
  expect(await end).toMatchObject({ done: true })
})

test('creates its topic with the first entry, bounded in time and bytes', async () => {
  await using worker = openLog()
  expect(await worker.admin.describeTopics([worker.topic])).toEqual([])
  worker.log.write(line('one'))
  await holds(worker.log, 'one')
  const config = await worker.admin.topicConfig(worker.topic)
  expect(config).toContainEqual(expect.objectContaining({ name: 'cleanup.policy', value: 'delete' }))
  expect(config).toContainEqual(expect.objectContaining({ name: 'retention.bytes', value: '1048576' }))
})

test('I9: where Kafka refuses the topic it warns once, and remembers alone', async () => {
  await using worker = openLog({ replicationFactor: 3 })
  for (const message of ['one', 'two', 'three']) {
    worker.log.write(line(message))
    await holds(worker.log, message)
  }
  const { entries, origin, older } = await worker.log.page({ connector: 'c', limit: 2 })
  expect([messages(entries), origin, older]).toEqual([['two', 'three'], 'worker', '1'])
  const rest = await worker.log.page({ connector: 'c', limit: 2, before: older ?? '' })
  expect([messages(rest.entries), rest.older]).toEqual([['one'], null])
  expect(worker.warnings).toEqual([expect.stringContaining('remembered by each worker alone')])
})

test('I9, I12: while Kafka is away nobody waits, and what does not fit is counted', async () => {
  await using wire = await startWire(kafka.bootstrapServers)
  const queue = { entries: 10, bytes: 1_000_000 }
  await using worker = openLog({ bootstrapServers: wire.bootstrapServers, limits: { queue } })
  worker.log.write(line('first'))
  await holds(worker.log, 'first')
  wire.cut()
  for (let n = 0; n < 30; n++) worker.log.write(line(`away ${n}`))
  wire.mend()
  const entries = await eventually('what was dropped to be told', async () => {
    const page = await worker.log.page({ limit: 100 })
    return page.entries.some(({ kind }) => kind === 'dropped') ? page.entries : undefined
  })
  const [dropped] = entries.filter(({ kind }) => kind === 'dropped')
  const lines = entries.filter(({ kind }) => kind === 'log')
  expect(lines.length + Number(dropped?.detail?.count)).toBe(31)
  expect(messages(lines).at(-1)).toBe('away 29')
})

test('I12: a connector that logs too much loses lines, which are counted; its events and its neighbours lose none', async () => {
  await using worker = openLog({ limits: { lines: { perSecond: 1, atOnce: 3 } } })
  for (let n = 0; n < 10; n++) worker.log.write(line(`line ${n}`))
  worker.log.write({ ...line('state'), kind: 'state' })
  worker.log.write(line('neighbour', 'd'))
  const entries = await eventually('what was dropped to be told', async () => {
    const page = await worker.log.page({ limit: 100 })
    return page.entries.some(({ kind }) => kind === 'dropped') ? page.entries : undefined
  })
  expect(messages(entries).slice(0, 5)).toEqual(['line 0', 'line 1', 'line 2', 'state', 'neighbour'])
  expect(entries[5]).toMatchObject({ connector: 'c', kind: 'dropped', detail: { count: 7 } })
})
