import { randomUUID } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { startTestKafka, type TestKafka } from '#server/kafka/testdata/test-kafka.ts'
import { startPoolThread } from '#server/runtime/pool/pool-thread.ts'
import { createRecordBudget } from '#server/runtime/pool/record-budget.ts'
import { stageBoardBytes } from '#server/runtime/pool/stage-board.ts'
import { troubledCatalog } from '#server/runtime/pool/test-tree/troubled-plugins.ts'
import { sink, source, stringConverter } from '#server/runtime/pool/test-tree/troubled-pool.ts'
import { runPoolThread } from '#server/runtime/pool/thread.ts'
import { connectThread, type MainMethods, type ThreadMethods } from '#server/runtime/pool/thread-call.ts'
import { readTopic } from '#server/runtime/task/test-tree/read-topic.ts'

let kafka: TestKafka
beforeAll(async () => {
  kafka = await startTestKafka()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const worker = () => ({
  'bootstrap.servers': kafka.bootstrapServers,
  'group.id': 'pool',
  'offset.storage.topic': 'pool-offsets',
  'offset.flush.interval.ms': '50',
  'key.converter': stringConverter,
  'value.converter': stringConverter,
  'header.converter': stringConverter,
})
const { place: budget } = createRecordBudget(1024 * 1024 * 1024, 2).place()
const methods: MainMethods = {
  readOffsets: async (_connector, partitions) => partitions.map(() => null),
  writeOffsets: async () => undefined,
  ensureCurrent: async () => undefined,
}

test('what a thread says after it was given up does not count', async () => {
  let said = 0
  const heard = Promise.withResolvers<void>()
  const deaths: string[] = []
  const thread = startPoolThread({
    entry: new URL('./test-tree/troubled-thread.ts', import.meta.url),
    settings: { worker: worker(), name: 'chatty', packages: [], loadWithinMs: 10_000, logLevels: [], budget },
    methods,
    events: {
      connectorState: () => undefined,
      connectorHook: () => undefined,
      taskState: () => undefined,
      activeTopic: () => undefined,
      recordsLeftOut: () => undefined,
      measured: () => undefined,
      progress: () => undefined,
      configStale: () => undefined,
      log: () => undefined,
      reconfigure() {
        said++
        heard.resolve()
      },
    },
    clock: systemClock,
    onDeath: (reason) => deaths.push(reason),
  })
  const config = { 'connector.class': 'test.TickSourceConnector', hook: 'chatter' }
  await thread.call('startConnector', 'c', config, 'STARTED')
  await heard.promise
  // While this thread is busy, what the other one says piles up.
  for (const until = Date.now() + 50; Date.now() < until; ) Math.random()
  const killed = thread.kill()
  const before = said
  await killed
  expect(said).toBe(before)
  expect(deaths).toHaveLength(1)
  await expect(thread.call('ping')).rejects.toThrow('thread chatty ended')
})

const within = { timeout: 30_000 }

test('records never cross a thread boundary: messages carry their places, states and lines only', async () => {
  const topic = `t-${randomUUID()}`
  const secret = `secret-${randomUUID()}`
  const inside = new EventEmitter()
  const outside = new EventEmitter()
  const messages: string[] = []
  const post = (to: EventEmitter) => (message: unknown) => {
    messages.push(JSON.stringify(message))
    queueMicrotask(() => to.emit('message', structuredClone(message)))
  }
  const port = Object.assign(inside, { postMessage: post(outside) })
  const settings = {
    worker: worker(),
    name: 'here',
    packages: [],
    loadWithinMs: 10_000,
    logLevels: [['root', 'TRACE']] as const,
    stageBoard: new SharedArrayBuffer(stageBoardBytes),
    budget,
  }
  runPoolThread(port, settings, troubledCatalog, systemClock)
  const link = connectThread<ThreadMethods>(Object.assign(outside, { postMessage: post(inside) }), { methods })
  const config = { topic, payload: secret }
  await link.call('startTask', source({ connector: 'in', task: 0 }, config))
  await link.call('startTask', sink({ connector: 'out', task: 0 }, { topics: topic }))
  await using client = createKafkaClient({
    bootstrapServers: [kafka.bootstrapServers],
    clientId: 'test',
    clock: systemClock,
    logger: quietLogger,
  })
  await expect
    .poll(async () => (await readTopic(client, topic, 5)).every(({ value }) => value?.endsWith(secret)), within)
    .toBe(true)
  // The sink took some before it says so here.
  await expect
    .poll(() => messages.some((message) => message.includes('activeTopic') && message.includes('"out"')), within)
    .toBe(true)
  await link.call('close')
  const carriers = messages.filter((message) => message.includes(secret))
  expect(carriers.map((message) => JSON.parse(message).method)).toEqual(['startTask'])
})

test('S-09: neither what a hook throws nor what ends a thread is told with a secret', async () => {
  const died = Promise.withResolvers<string>()
  const reconfigured = Promise.withResolvers<string>()
  const thread = startPoolThread({
    entry: new URL('./test-tree/troubled-thread.ts', import.meta.url),
    settings: {
      worker: worker(),
      secrets: ['startConnector', 'orders'],
      name: 'telling',
      packages: [],
      loadWithinMs: 10_000,
      logLevels: [],
      budget,
    },
    methods,
    events: {
      connectorState: () => undefined,
      connectorHook: () => undefined,
      taskState: () => undefined,
      activeTopic: () => undefined,
      recordsLeftOut: () => undefined,
      measured: () => undefined,
      progress: () => undefined,
      configStale: () => undefined,
      log: () => undefined,
      reconfigure: reconfigured.resolve,
    },
    clock: systemClock,
    onDeath: died.resolve,
  })
  const config = { 'connector.class': 'test.TickSourceConnector', hook: 'startConnector' }
  // A connector may be called what is somewhere a secret.
  await thread.call('startConnector', 'orders', { ...config, hook: 'chatter' }, 'STARTED')
  expect(await reconfigured.promise).toBe('orders')
  const thrown = thread.call('startConnector', 'c', { ...config, trouble: 'throw' }, 'STARTED')
  const error = await thrown.then(
    () => undefined,
    (reason: Error) => reason,
  )
  expect(error?.message).toBe('trouble in [hidden]')
  expect(error?.stack).not.toContain('startConnector')
  await thread.call('startConnector', 'd', { ...config, trouble: 'crash' }, 'STARTED').catch(() => undefined)
  const reason = await died.promise
  expect(reason).toContain('crashed in [hidden]')
  expect(reason).not.toContain('startConnector')
})
