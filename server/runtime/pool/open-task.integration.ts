import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { messageOf, traceOf } from '#server/contract/errors.ts'
import { converters } from '#server/converters/catalog.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { type ClientPool, createClientPool } from '#server/kafka/client-pool.ts'
import { createProducer, type ProducedRecord } from '#server/kafka/producer.ts'
import { boundlessMemory } from '#server/kafka/record-memory.ts'
import { createSlabPool } from '#server/kafka/slab-pool.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { startScriptedBroker } from '#server/kafka/testdata/scripted-broker.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'
import { openTask } from '#server/runtime/pool/open-task.ts'
import { createThreadMetrics } from '#server/runtime/pool/thread-metrics.ts'
import { createThreadPlugins } from '#server/runtime/pool/thread-plugins.ts'
import { readTopic } from '#server/runtime/task/test-tree/read-topic.ts'
import { type RecordingSink, recordingSink } from '#server/runtime/task/test-tree/sink-bench.ts'
import { plainDuring } from '#server/runtime/task/test-tree/source-bench.ts'
import { numbered, waitingSource } from '#server/runtime/task/test-tree/waiting-source.ts'
import { noOffsets } from '#server/runtime/test-tree/no-offsets.ts'
import { type RestartableKafka, startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { type ConnectorPlugin, defineSink, defineSource } from '#server/sdk/connector.ts'
import { DataError, RetriableError } from '#server/sdk/data-error.ts'
import type { SinkRecord, SourceRecord } from '#server/sdk/records.ts'
import { plain } from '#server/sdk/schema.ts'
import type { SinkTaskContext } from '#server/sdk/sink-task.ts'
import type { SourceTask } from '#server/sdk/source-task.ts'
import { defineTransform, type TransformPlugin } from '#server/sdk/transform.ts'

let kafka: RestartableKafka
let pool: ClientPool
let client: KafkaClient
beforeAll(async () => {
  kafka = await startRestartableKafka()
  pool = createClientPool({ clientId: 'test', clock: systemClock, logger: quietLogger })
  client = pool.lease({ 'bootstrap.servers': kafka.bootstrapServers }).client
})
afterAll(async () => {
  await pool[Symbol.asyncDispose]()
  await kafka[Symbol.asyncDispose]()
})

const stringConverter = 'org.apache.kafka.connect.storage.StringConverter'
const jsonConverter = 'org.apache.kafka.connect.json.JsonConverter'
const description = {
  version: '1',
  title: 'Given',
  summary: 'What a test gives it.',
  system: 'test',
  config: {},
  example: {},
  taskClass: 'test.Task',
}
const sinkPlugin = (createTask: (context: SinkTaskContext) => RecordingSink) =>
  defineSink({
    ...description,
    class: 'test.Given',
    load: async () => ({ createTask: (_config, context) => createTask(context) }),
  })
const sourcePlugin = (task: SourceTask) =>
  defineSource({ ...description, class: 'test.Given', load: async () => ({ createTask: () => task }) })

interface Given {
  config: Record<string, string>
  worker?: Record<string, string>
  transforms?: TransformPlugin[]
  /** Taken out of texts that leave the thread. */
  secret?: string
}

/** A task as a pool thread opens it, against the embedded broker. */
async function start(plugin: ConnectorPlugin, given: Given) {
  const connector = `c-${randomUUID()}`
  const lines: string[] = []
  const logger = {
    ...quietLogger,
    child: () => logger,
    error: (message: string) => void lines.push(message),
  }
  const measured = new Map<string, number>()
  const closing = new AbortController()
  const metrics = createThreadMetrics({
    tell: (tasks) => {
      for (const [sensor, { sum }] of tasks.flatMap(({ measurements }) => measurements)) {
        measured.set(sensor, (measured.get(sensor) ?? 0) + sum)
      }
    },
    clock: systemClock,
  })
  const config = {
    'connector.class': 'test.Given',
    'key.converter': stringConverter,
    'value.converter': stringConverter,
    'header.converter': stringConverter,
    ...given.config,
  }
  const runner = await openTask(
    {
      plugins: createThreadPlugins({
        connectors: [plugin],
        converters,
        transforms: given.transforms ?? [],
        predicates: [],
        providers: [],
      }),
      clients: pool,
      slabs: createSlabPool(1024 * 1024),
      memory: { task: () => ({ ...boundlessMemory, close: () => undefined }) },
      worker: {
        'bootstrap.servers': kafka.bootstrapServers,
        'offset.storage.topic': 'offsets',
        'offset.flush.interval.ms': '100',
        ...given.worker,
      },
      workerOffsets: { ...noOffsets, keepsAll: true },
      ensureCurrent: async () => undefined,
      during: plainDuring,
      watch: () => () => undefined,
      metrics,
      clean: (text) => (given.secret === undefined ? text : text.replaceAll(given.secret, '[hidden]')),
      clock: systemClock,
      logger,
    },
    {
      id: { connector, task: 0 },
      connectorConfig: config,
      taskConfig: config,
      target: 'STARTED',
      tasksVersion: 1,
      generation: 1,
    },
    { current: () => true, state: () => undefined, topic: () => undefined },
  )
  const ended = runner.run().finally(() => {
    metrics.close()
    closing.abort()
  })
  ended.catch(() => undefined) // a test that expects a failure awaits it
  return {
    connector,
    lines,
    measured,
    ended,
    runner,
    async stop() {
      runner.stop()
      await ended
    },
    async committed(topic: string) {
      const [found] = await createAdmin(client).groupOffsets(`connect-${connector}`, [{ topic, partition: 0 }])
      return found?.offset
    },
  }
}

const newName = () => `t-${randomUUID()}`
async function topicOf(records: readonly (string | ProducedRecord)[]) {
  const name = newName()
  await createAdmin(client).createTopics([{ name, partitions: 1, replicationFactor: 1 }])
  await using producer = createProducer(client, { acks: -1, idempotent: true })
  const whole = (value: string | ProducedRecord) =>
    typeof value === 'string' ? { key: null, value: Buffer.from(value) } : value
  await producer.produce(name, records.map(whole))
  return name
}
const partitionsOf = async (topic: string) => (await createAdmin(client).describeTopics([topic]))[0]?.partitions.length
const arrives = (sink: RecordingSink, count: number) =>
  expect.poll(() => sink.values.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(count)

test('max.block.ms: a source whose topic nobody makes fails, and says how long it waited', async () => {
  await using elsewhere = await startScriptedBroker({
    Metadata: ({ body }) => ({
      topics: (body.topics ?? []).map(({ name }) => ({ name, errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code })),
    }),
  })
  const source = waitingSource()
  source.push([numbered('never-made', 0)])
  const task = await start(sourcePlugin(source), {
    config: {
      'producer.override.bootstrap.servers': `127.0.0.1:${elsewhere.port}`,
      'producer.override.max.block.ms': '300',
    },
  })
  const failure: unknown = await task.ended.catch((error: unknown) => error)
  expect(messageOf(failure)).toBe('Unrecoverable exception from producer send callback')
  expect(traceOf(failure)).toContain('Topic never-made not present in metadata after 300 ms.')
})

const letters = (dlq: string, more: Record<string, string> = {}) => ({
  'errors.tolerance': 'all',
  'errors.deadletterqueue.topic.name': dlq,
  'errors.deadletterqueue.topic.replication.factor': '1',
  'value.converter': jsonConverter,
  'value.converter.schemas.enable': 'false',
  ...more,
})

test('R-D15: with tolerance every bad record is in the dead letter queue, in order, and every good one is delivered', async () => {
  const all = Array.from({ length: 1_000 }, (_, n) => (n % 2 === 0 ? `${n}` : `{${n}`))
  const topic = await topicOf(all)
  const dlq = newName()
  const sink = recordingSink()
  const task = await start(
    sinkPlugin(() => sink),
    { config: letters(dlq, { topics: topic }) },
  )
  expect(await partitionsOf(dlq)).toBe(1)
  await arrives(sink, 500)
  await task.stop()
  const read = await readTopic(client, dlq, 500)
  expect(read.map(({ value }) => value)).toEqual(all.filter((text) => text.startsWith('{')))
  expect(read.flatMap(({ headers }) => headers)).toEqual([])
  expect(sink.values.map(String)).toEqual(all.filter((text) => !text.startsWith('{')))
  expect(await task.committed(topic)).toBe(1_000)
  expect(Object.fromEntries(task.measured)).toMatchObject({
    'total-record-errors': 500,
    'total-records-skipped': 500,
    'deadletterqueue-produce-requests': 500,
  })
  expect(task.measured.has('deadletterqueue-produce-failures')).toBe(false)
})

test('without tolerance the first bad record alone is in the dead letter queue when the task fails, and stays uncommitted', async () => {
  const topic = await topicOf(['{bad', '1', '{worse'])
  const dlq = newName()
  const task = await start(
    sinkPlugin(() => recordingSink()),
    { config: letters(dlq, { topics: topic, 'errors.tolerance': 'none' }) },
  )
  await expect(task.ended).rejects.toThrow('Tolerance exceeded in error handler')
  expect((await readTopic(client, dlq, 1)).map(({ value }) => value)).toEqual(['{bad'])
  expect(await task.committed(topic)).toBeUndefined()
})

test('a dead letter has the bytes, headers and time of its record, and behind them what happened to it, without secrets', async () => {
  const record = {
    key: Buffer.from([0xff, 0x00, 0x80]),
    value: Buffer.from('{s3cret'),
    headers: [
      { name: 'own', value: Buffer.from([1, 2]) },
      { name: 'none', value: null },
    ],
    timestamp: 1_700_000_000_000,
  }
  const topic = await topicOf(['1', record])
  const dlq = newName()
  const task = await start(
    sinkPlugin(() => recordingSink()),
    {
      config: letters(dlq, { topics: topic, 'errors.deadletterqueue.context.headers.enable': 'true' }),
      secret: 's3cret',
    },
  )
  const [letter] = await readTopic(client, dlq, 1)
  await task.stop()
  expect(letter).toMatchObject({ key: record.key.toString(), value: '{s3cret' })
  expect(letter?.headers.slice(0, 2)).toEqual([
    { name: 'own', value: '\u0001\u0002' },
    { name: 'none', value: null },
  ])
  const context = letter?.headers.slice(2).map(({ name, value }) => [name.replace('__connect.errors.', ''), value])
  // As Kafka Connect 4.3.1 writes them, but for the frames of the trace.
  const message = 'Converting byte[] to Kafka Connect data failed due to serialization error: '
  expect(context?.slice(0, 9)).toEqual([
    ['topic', topic],
    ['partition', '0'],
    ['offset', '1'],
    ['connector.name', task.connector],
    ['task.id', '0'],
    ['stage', 'VALUE_CONVERTER'],
    ['class.name', jsonConverter],
    ['exception.class.name', 'org.apache.kafka.connect.errors.DataException'],
    ['exception.message', message],
  ])
  expect(context?.[9]?.[0]).toBe('exception.stacktrace')
  expect(context?.[9]?.[1]).toContain(`org.apache.kafka.connect.errors.DataException: ${message}`)
  expect(context?.[9]?.[1]).toContain('Caused by: org.apache.kafka.common.errors.SerializationException: ')
  expect(JSON.stringify(context)).not.toContain('s3cret')
})

test('a queue that exists already stays as it is', async () => {
  const dlq = newName()
  await createAdmin(client).createTopics([{ name: dlq, partitions: 3, replicationFactor: 1 }])
  const topic = await topicOf(['{bad'])
  const task = await start(
    sinkPlugin(() => recordingSink()),
    { config: letters(dlq, { topics: topic }) },
  )
  expect(await readTopic(client, dlq, 1)).toHaveLength(1)
  await task.stop()
  expect(await partitionsOf(dlq)).toBe(3)
})

test('a queue that cannot be made fails the task in Kafka Connect words', async () => {
  const config = letters(newName(), { topics: 't', 'errors.deadletterqueue.topic.replication.factor': '3' })
  const opening = start(
    sinkPlugin(() => recordingSink()),
    { config },
  )
  await expect(opening).rejects.toThrow(
    `Could not initialize dead letter queue with topic=${config['errors.deadletterqueue.topic.name']}`,
  )
})

test('I6: a record whose dead letter Kafka refuses is lost to nobody: the task fails and commits nothing', async () => {
  const dlq = newName()
  await createAdmin(client).createTopics([
    { name: dlq, partitions: 1, replicationFactor: 1, config: { 'max.message.bytes': '200' } },
  ])
  const topic = await topicOf([`{${'x'.repeat(1_000)}`])
  const task = await start(
    sinkPlugin(() => recordingSink()),
    { config: letters(dlq, { topics: topic }) },
  )
  await expect(task.ended).rejects.toThrow(`Could not produce message to dead letter queue. topic=${dlq}`)
  expect(await task.committed(topic)).toBeUndefined()
  expect(task.measured.get('deadletterqueue-produce-failures')).toBe(1)
})

test('a sink reports records from put: as they were read, also those that it changed, and goes on without them', async () => {
  const topic = await topicOf([
    { key: Buffer.from('k'), value: Buffer.from(' 1 ') },
    { key: null, value: Buffer.from(' 2 ') },
    { key: null, value: Buffer.from('3') },
  ])
  const dlq = newName()
  let context: SinkTaskContext | undefined
  const reported: Promise<void>[] = []
  const report = (record: SinkRecord) => {
    const done = context?.reportErrant?.(record, new DataError('too odd'))
    if (done) reported.push(done)
  }
  const sink: RecordingSink = recordingSink({
    put(batch) {
      for (const record of batch) {
        if (record.value === 1n || record.value === 1) report(record)
        else if (record.offset === 1) report({ ...record, value: 'odd' })
        else sink.values.push(String(record.value))
      }
    },
  })
  const task = await start(
    sinkPlugin((given) => {
      context = given
      return sink
    }),
    { config: letters(dlq, { topics: topic, 'errors.deadletterqueue.context.headers.enable': 'true' }) },
  )
  await arrives(sink, 1)
  await Promise.all(reported)
  expect(reported).toHaveLength(2)
  const read = await readTopic(client, dlq, 2)
  await task.stop()
  expect(read.map(({ key, value }) => [key, value])).toEqual([
    ['k', ' 1 '],
    [null, '"odd"'],
  ])
  const header = (name: string) => read.map(({ headers }) => headers.find((each) => each.name === name)?.value)
  expect(header('__connect.errors.stage')).toEqual(['TASK_PUT', 'TASK_PUT'])
  expect(header('__connect.errors.class.name')).toEqual(Array(2).fill('org.apache.kafka.connect.sink.SinkTask'))
  expect(header('__connect.errors.offset')).toEqual(['0', '1'])
  expect(await task.committed(topic)).toBe(3)
})

test('reports are there with a queue or a log, and throw where nothing is tolerated', async () => {
  const topic = await topicOf(['1'])
  const contexts: SinkTaskContext[] = []
  const sink = recordingSink({
    put(batch) {
      for (const record of batch) void contexts.at(-1)?.reportErrant?.(record, new Error('no'))
    },
  })
  const plugin = sinkPlugin((context) => {
    contexts.push(context)
    return sink
  })
  const quiet = await start(plugin, { config: { topics: topic } })
  await quiet.stop()
  expect(contexts[0]?.reportErrant).toBeUndefined()
  const logging = await start(plugin, { config: { topics: topic, 'errors.log.enable': 'true' } })
  const failure = await logging.ended.catch((error: unknown) => error)
  expect(traceOf(failure)).toMatch(/Exiting WorkerSinkTask.*Tolerance exceeded in error handler.*Caused by: Error: no/s)
  expect(logging.lines[0]).toContain("Executing stage 'TASK_PUT'")
})

/** Fails for the values that it is told, for a while. */
const failing = (failures: Map<unknown, number>) =>
  defineTransform({
    class: 'test.Failing',
    summary: 'Fails for a while.',
    example: {},
    version: '1',
    config: {},
    create: () => ({
      apply(record) {
        const left = failures.get(record.value) ?? 0
        failures.set(record.value, left - 1)
        if (left > 0) throw new RetriableError('not yet')
        return record
      },
    }),
  })
const transforming = {
  transforms: 'f',
  'transforms.f.type': 'test.Failing',
  'errors.retry.timeout': '60000',
  'errors.retry.delay.max.ms': '400',
}

test('what a transform of a sink cannot do yet is tried again, and nothing else is done twice', async () => {
  const topic = await topicOf(['1', '2', '3'])
  const sink = recordingSink()
  const task = await start(
    sinkPlugin(() => sink),
    { config: { ...transforming, topics: topic }, transforms: [failing(new Map([['2', 2]]))] },
  )
  await arrives(sink, 3)
  await task.stop()
  expect(sink.values).toEqual(['1', '2', '3'])
  expect(task.measured.get('total-retries')).toBe(2)
})

const stop = async (task: { stop(): Promise<void> }, source: { waiting(): Promise<void> }) => {
  await source.waiting()
  await task.stop()
}

test('what a transform of a source cannot do yet is tried again, in order', async () => {
  const topic = await topicOf([])
  const source = waitingSource()
  source.push([0, 1, 2].map((n) => numbered(topic, n)))
  const task = await start(sourcePlugin(source), {
    config: transforming,
    transforms: [failing(new Map([['1', 1]]))],
  })
  await stop(task, source)
  expect((await readTopic(client, topic, 3)).map(({ value }) => value)).toEqual(['0', '1', '2'])
  expect(task.measured.get('total-retries')).toBe(1)
})

const creation = (prefix: string) => ({
  'topic.creation.default.partitions': '2',
  'topic.creation.default.replication.factor': '1',
  'topic.creation.groups': 'compacted',
  'topic.creation.compacted.include': `${prefix}-c.*`,
  'topic.creation.compacted.partitions': '3',
  'topic.creation.compacted.cleanup.policy': 'compact',
})

async function runSource(records: readonly SourceRecord[], given: Given) {
  const source = waitingSource()
  source.push(records)
  const task = await start(sourcePlugin(source), given)
  await stop(task, source)
}

test('a source makes its topics before their first record, as the first group that matches says', async () => {
  const prefix = newName()
  const topics = [`${prefix}-c1`, `${prefix}-other`]
  await runSource(
    topics.map((topic, n) => numbered(topic, n, { keySchema: plain.string, key: 'k' })),
    { config: creation(prefix) },
  )
  expect(await Promise.all(topics.map(partitionsOf))).toEqual([3, 2])
  const policies = topics.map(async (topic) =>
    (await createAdmin(client).topicConfig(topic)).find(({ name }) => name === 'cleanup.policy'),
  )
  expect((await Promise.all(policies)).map((entry) => entry?.value)).toEqual(['compact', 'delete'])
  for (const topic of topics) expect(await readTopic(client, topic, 1)).toHaveLength(1)
})

test('a topic that exists stays as it is', async () => {
  const topic = await topicOf([])
  await runSource([numbered(topic, 0)], { config: creation(topic) })
  expect(await partitionsOf(topic)).toBe(1)
})

test('without settings, or where the worker does not allow it, the broker makes topics as it does', async () => {
  const plain = newName()
  await runSource([numbered(plain, 0)], { config: {} })
  expect(await partitionsOf(plain)).toBe(1)
  const forbidden = newName()
  await runSource([numbered(forbidden, 0)], {
    config: creation(forbidden),
    worker: { 'topic.creation.enable': 'false' },
  })
  expect(await partitionsOf(forbidden)).toBe(1)
})

test('a topic that the broker refuses to make fails the task in Kafka Connect words, and no record goes out', async () => {
  const topic = newName()
  const source = waitingSource()
  source.push([numbered(topic, 0)])
  const config = {
    'topic.creation.default.partitions': '1',
    'topic.creation.default.replication.factor': '3',
    'topic.creation.default.retention.ms': '1000',
  }
  const task = await start(sourcePlugin(source), { config })
  await expect(task.ended).rejects.toThrow(
    `Task failed to create new topic (name=${topic}, numPartitions=1, replicationFactor=3, replicasAssignments=null, configs={retention.ms=1000}). Ensure that the task is authorized to create topics or that the topic exists and restart the task`,
  )
  expect(await partitionsOf(topic)).toBeUndefined()
})
