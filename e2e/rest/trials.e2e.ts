import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { ask } from '#e2e/harness/rest.ts'
import { writeTopic } from '#e2e/harness/topic.ts'
import { topicNames } from '#e2e/harness/topic-settings.ts'

/** Configs that are tried before anything is saved: previews and connection tests, by REST on real workers. */
let cluster: Cluster
let url: string
beforeAll(async () => {
  cluster = await startCluster({ workers: 1 })
  url = cluster.workers[0]?.url ?? ''
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

const kafka = 'org.apache.kafka.connect.transforms'
const strings = { 'value.converter': 'org.apache.kafka.connect.storage.StringConverter' }
const at = (plugin: string, what: 'preview' | 'test') => `/sluice/v1/connector-plugins/${plugin}/config/${what}`
const preview = async (plugin: string, body: unknown) => (await ask(url, 'PUT', at(plugin, 'preview'), body)).body

test('a sink is tried on the newest records of its topic, step by step', async () => {
  await writeTopic(cluster.bootstrapServers, 'amounts', ['1', 'many', null, '3'])
  const { records, tolerance } = await preview('FileStreamSink', {
    config: {
      'connector.class': 'FileStreamSink',
      topics: 'amounts',
      file: cluster.file('never.out'),
      ...strings,
      transforms: 'drop,cast,hoist',
      'transforms.drop.type': `${kafka}.Filter`,
      'transforms.drop.predicate': 'tombstone',
      'transforms.cast.type': `${kafka}.Cast$Value`,
      'transforms.cast.spec': 'int64',
      'transforms.hoist.type': `${kafka}.HoistField$Value`,
      'transforms.hoist.field': 'amount',
      predicates: 'tombstone',
      'predicates.tombstone.type': `${kafka}.predicates.RecordIsTombstone`,
    },
  })
  expect(tolerance).toBe('none')
  expect(records.map(({ origin, outcome }: { origin: string; outcome: string }) => [origin, outcome])).toEqual([
    ['amounts-0@0', 'kept'],
    ['amounts-0@1', 'failed'],
    ['amounts-0@2', 'dropped'],
    ['amounts-0@3', 'kept'],
  ])
  const [first, failed, dropped] = records
  expect(first.steps.map(({ name, outcome }: { name: string; outcome: string }) => [name, outcome])).toEqual([
    ['read', 'made'],
    ['drop', 'passed'],
    ['cast', 'changed'],
    ['hoist', 'changed'],
  ])
  expect(first.steps.at(-1).record.value).toMatchObject({ text: '{"amount":1}', form: 'json' })
  expect(JSON.parse(first.steps.at(-1).record.value.schema).fields).toEqual([
    { type: 'int64', optional: true, field: 'amount' },
  ])
  expect(failed.steps.at(-1)).toMatchObject({ name: 'cast', outcome: 'failed' })
  expect(failed.steps.at(-1).error.message).toContain('Value (many) was out of range')
  expect(dropped.steps.at(-1)).toMatchObject({ name: 'drop', outcome: 'dropped' })
})

test('a source is tried on what it would read first, to the bytes that would lie in Kafka; nothing is written', async () => {
  const file = cluster.file('lines.in')
  writeFileSync(file, 'one\ntwo\nthree\n')
  const before = await topicNames(cluster.bootstrapServers)
  const { records } = await preview('FileStreamSource', {
    config: { 'connector.class': 'FileStreamSource', topic: 'lines', file },
    limit: 2,
  })
  expect(records).toHaveLength(2)
  expect(records[0]).toMatchObject({ outcome: 'kept', origin: JSON.stringify({ filename: file, position: 4 }) })
  expect(records[0].steps.at(-1)).toMatchObject({
    name: 'written',
    record: {
      topic: 'lines',
      value: { text: '{"schema":{"type":"string","optional":false},"payload":"one"}', form: 'text' },
    },
  })
  expect(await topicNames(cluster.bootstrapServers)).toEqual(before)
  expect((await ask(url, 'GET', '/connectors')).body).toEqual([])
})

test('records by hand are tried in place of those that lie somewhere', async () => {
  const config = {
    'connector.class': 'FileStreamSource',
    topic: 'lines',
    file: cluster.file('none.in'),
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'false',
    transforms: 'mask',
    'transforms.mask.type': `${kafka}.MaskField$Value`,
    'transforms.mask.fields': 'card',
  }
  const { records } = await preview('FileStreamSource', {
    config,
    records: [{ value: '{"card":"4711","amount":12345678901234567890}' }],
  })
  expect(records[0].steps.at(-1).record.value.text).toContain('"card":""')
  const refused = await ask(url, 'PUT', at('FileStreamSource', 'preview'), { config, records: [{ value: 'no json' }] })
  expect(refused).toMatchObject({ status: 400 })
  expect(refused.body.message).toContain('has to be JSON')
})

test('a config that a worker would refuse is refused, with its fields', async () => {
  const refused = await ask(url, 'PUT', at('FileStreamSource', 'preview'), {
    config: { 'connector.class': 'FileStreamSource', file: 'x' },
  })
  expect(refused).toMatchObject({ status: 400 })
  expect(refused.body.message).toContain('Missing required configuration "topic"')
  const limited = await ask(url, 'PUT', at('FileStreamSource', 'preview'), { config: {}, limit: 101 })
  expect(limited.body.message).toBe("'limit' has to be a whole number from 1 to 100, not 101.")
})

test('a connection test tells each step, from the name of the broker to the file', async () => {
  const folder = dirname(cluster.file('tested/out.txt'))
  const config = {
    'connector.class': 'FileStreamSink',
    topics: 'amounts,not-there',
    file: `${folder}/out.txt`,
    ...strings,
  }
  const outcomes = async (changes: Record<string, string> = {}) => {
    const { body } = await ask(url, 'PUT', at('FileStreamSink', 'test'), { ...config, ...changes })
    return body.steps.map(({ title, outcome }: { title: string; outcome: string }) => `${title}: ${outcome}`)
  }
  const brokers = cluster.bootstrapServers
  const reached = [
    'Check the config: passed',
    'Resolve placeholders: passed',
    'Make converters and transforms: passed',
    `Find ${brokers}: passed`,
    `Reach ${brokers}: passed`,
    'Speak with Kafka over PLAINTEXT: passed',
    'Read topic amounts: passed',
    'Read topic not-there: warned',
  ]
  expect(await outcomes()).toEqual([...reached, `Write ${folder}/out.txt: failed`])
  mkdirSync(folder)
  expect(await outcomes()).toEqual([...reached, `Write ${folder}/out.txt: passed`])
  expect(readdirSync(folder)).toEqual([])

  const away = await outcomes({ 'consumer.override.bootstrap.servers': '127.0.0.1:1' })
  expect(away.slice(3)).toEqual([
    'Find 127.0.0.1:1: passed',
    'Reach 127.0.0.1:1: failed',
    'Speak with Kafka over PLAINTEXT: skipped',
    'Read topic amounts: skipped',
    'Read topic not-there: skipped',
    `Write ${folder}/out.txt: skipped`,
  ])
  const avro = {
    'value.converter': 'io.confluent.connect.avro.AvroConverter',
    'value.converter.schema.registry.url': 'http://127.0.0.1:1',
  }
  const unregistered = await outcomes(avro)
  expect(unregistered.slice(-2)).toEqual([
    'Reach the schema registry for values: failed',
    `Write ${folder}/out.txt: skipped`,
  ])
  expect(await outcomes({ topics: '' })).toContain('Check the config: failed')
})
