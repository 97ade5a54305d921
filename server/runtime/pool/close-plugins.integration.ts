import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { converters } from '#server/converters/catalog.ts'
import { createClientPool } from '#server/kafka/client-pool.ts'
import { boundlessMemory } from '#server/kafka/record-memory.ts'
import { createSlabPool } from '#server/kafka/slab-pool.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { openTask } from '#server/runtime/pool/open-task.ts'
import { createThreadMetrics } from '#server/runtime/pool/thread-metrics.ts'
import { createThreadPlugins } from '#server/runtime/pool/thread-plugins.ts'
import { plainDuring } from '#server/runtime/task/test-tree/source-bench.ts'
import { type WaitingSource, waitingSource } from '#server/runtime/task/test-tree/waiting-source.ts'
import { noOffsets } from '#server/runtime/test-tree/no-offsets.ts'
import { type RestartableKafka, startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { defineSource } from '#server/sdk/connector.ts'
import { type Converter, defineConverter } from '#server/sdk/converter.ts'
import { definePredicate, defineTransform } from '#server/sdk/transform.ts'

let kafka: RestartableKafka
beforeAll(async () => {
  kafka = await startRestartableKafka()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const settings = { version: '1', summary: 'What a test gives it.', config: {}, example: {} }

/** A task of the embedded broker whose chain and converters write down when they are closed. */
async function openWith(source: WaitingSource, given: { fails?: string; closeFails?: boolean } = {}) {
  const { calls } = source
  const warnings: string[] = []
  const logger = { ...quietLogger, child: () => logger, warn: (message: string) => void warnings.push(message) }
  const closing = (name: string) => ({
    close: async () => {
      calls.push(`close ${name}`)
      if (given.closeFails) throw new Error(`${name} is stuck`)
    },
  })
  const made = (name: string) => {
    if (given.fails === name) throw new Error(`${name} cannot be made`)
    return closing(name)
  }
  const converter = (name: string): Converter => ({
    fromConnectData: (_topic, _schema, value) => Buffer.from(`${value}`),
    toConnectData: () => ({ schema: null, value: null }),
    ...made(name),
  })
  const header = { fromConnectHeader: () => null, toConnectHeader: () => ({ schema: null, value: null }) }
  const transform = (name: string) =>
    defineTransform({
      ...settings,
      class: `test.${name}`,
      create: () => ({ apply: (record) => record, ...made(name) }),
    })
  const config: Record<string, string> = {
    'connector.class': 'test.Given',
    'key.converter': 'test.Converter',
    'value.converter': 'test.Converter',
    'header.converter': 'test.Converter',
    transforms: 'first,second',
    'transforms.first.type': 'test.first',
    'transforms.first.predicate': 'asked',
    'transforms.second.type': 'test.second',
    predicates: 'asked',
    'predicates.asked.type': 'test.asked',
  }
  const clients = createClientPool({ clientId: 'test', clock: systemClock, logger: quietLogger })
  const metrics = createThreadMetrics({ tell: () => undefined, clock: systemClock })
  const opening = openTask(
    {
      plugins: createThreadPlugins({
        connectors: [
          defineSource({
            ...settings,
            class: 'test.Given',
            title: 'Given',
            system: 'test',
            taskClass: 'test.Task',
            load: async () => ({ createTask: () => source }),
          }),
        ],
        converters: [
          ...converters,
          defineConverter({
            class: 'test.Converter',
            version: '1',
            config: {},
            converter: (_config, isKey) => converter(isKey ? 'key' : 'value'),
            headerConverter: () => ({ ...header, ...made('header') }),
          }),
        ],
        transforms: [transform('first'), transform('second')],
        predicates: [
          definePredicate({ ...settings, class: 'test.asked', create: () => ({ test: () => true, ...made('asked') }) }),
        ],
        providers: [],
      }),
      clients,
      slabs: createSlabPool(1024 * 1024),
      memory: { task: () => ({ ...boundlessMemory, close: () => undefined }) },
      worker: { 'bootstrap.servers': kafka.bootstrapServers, 'offset.storage.topic': 'offsets' },
      workerOffsets: { ...noOffsets, keepsAll: true },
      ensureCurrent: async () => undefined,
      during: plainDuring,
      watch: () => () => undefined,
      metrics,
      clean: (text) => text,
      clock: systemClock,
      logger,
    },
    {
      id: { connector: `c-${randomUUID()}`, task: 0 },
      connectorConfig: config,
      taskConfig: config,
      target: 'STARTED',
      tasksVersion: 1,
      generation: 1,
    },
    { current: () => true, state: () => undefined, topic: () => undefined },
  )
  return {
    opening,
    warnings,
    closed: () => calls.filter((call) => call.startsWith('close')),
    async [Symbol.asyncDispose]() {
      metrics.close()
      await clients[Symbol.asyncDispose]()
    },
  }
}

const all = ['second', 'asked', 'first', 'header', 'value', 'key'].map((name) => `close ${name}`)

test('a task that is stopped closes its transforms, predicates and converters, once each, after itself', async () => {
  const source = waitingSource()
  await using task = await openWith(source)
  const runner = await task.opening
  const ended = runner.run()
  await source.waiting()
  expect(task.closed()).toEqual([])
  runner.stop()
  await ended
  expect(source.calls.slice(source.calls.indexOf('stop'))).toEqual(['stop', ...all])
})

test('a task that fails does so, too, and what fails while it is closed hides nothing', async () => {
  const source = waitingSource()
  await using task = await openWith(source, { closeFails: true })
  const ended = (await task.opening).run()
  source.fail(new Error('the source is gone'))
  await expect(ended).rejects.toThrow('the source is gone')
  expect(task.closed()).toEqual(all)
  expect(task.warnings).toHaveLength(all.length)
  expect(task.warnings).toContain('Could not close the predicate asked of first: asked is stuck')
})

test('a task that cannot start, or is cancelled while it works, closes them as well', async () => {
  const refusing = waitingSource({ start: () => Promise.reject(new Error('no way in')) })
  await using task = await openWith(refusing)
  await expect((await task.opening).run()).rejects.toThrow('no way in')
  expect(task.closed()).toEqual(all)

  const source = waitingSource()
  await using other = await openWith(source)
  const runner = await other.opening
  const ended = runner.run()
  await source.waiting()
  runner.cancel()
  await ended
  expect(other.closed()).toEqual(all)
})

test.each([
  ['key', []],
  ['value', ['key']],
  ['header', ['value', 'key']],
  ['asked', ['first', 'header', 'value', 'key']],
  ['second', ['asked', 'first', 'header', 'value', 'key']],
])('what was made before %s, which cannot be made, is closed', async (fails, closed) => {
  await using task = await openWith(waitingSource(), { fails, closeFails: true })
  await expect(task.opening).rejects.toThrow(`${fails} cannot be made`)
  expect(task.closed()).toEqual(closed.map((name) => `close ${name}`))
})
