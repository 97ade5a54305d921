import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { ask, inState } from '#e2e/harness/rest.ts'
import { readTopic } from '#e2e/harness/topic.ts'
import { eventually } from '#e2e/start/eventually.ts'
import { type MemoryRegistry, startMemoryRegistry } from '#server/converters/test-tree/memory-registry.ts'

let cluster: Cluster
let registry: MemoryRegistry
let url: string

beforeAll(async () => {
  registry = await startMemoryRegistry()
  cluster = await startCluster({ workers: 1 })
  url = cluster.workers[0]?.url ?? ''
})
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]()
  await registry?.[Symbol.asyncDispose]()
})

const withRegistry = (converter: string, more: Record<string, string> = {}) => ({
  'value.converter': converter,
  'value.converter.schema.registry.url': registry.url,
  'value.converter.max.retries': '0',
  ...more,
})
async function create(name: string, config: Record<string, string>) {
  const { status, body } = await ask(url, 'POST', '/connectors', { name, config: { 'tasks.max': '1', ...config } })
  expect([status, body?.message]).toEqual([201, undefined])
  await inState(url, name, 'RUNNING')
}
const linesOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [])
const arrive = (file: string, count: number) =>
  eventually(async () => (linesOf(file).length >= count ? linesOf(file) : undefined), {
    withinMs: 30_000,
    what: `${count} lines in ${file}`,
  })

test.each([
  ['Avro', 'AVRO'],
  ['io.confluent.connect.json.JsonSchemaConverter', 'JSON'],
])('lines of a file go through a topic as %s and come out as they were', async (converter, kind) => {
  const topic = `lines-${kind.toLowerCase()}`
  const lines = ['one', 'zwei', '三', '']
  writeFileSync(cluster.file(`${topic}.in`), lines.map((line) => `${line}\n`).join(''))
  const out = cluster.file(`${topic}.out`)
  await create(`${topic}-source`, {
    'connector.class': 'FileStreamSource',
    file: cluster.file(`${topic}.in`),
    topic,
    ...withRegistry(converter),
  })
  await create(`${topic}-sink`, {
    'connector.class': 'FileStreamSink',
    file: out,
    topics: topic,
    ...withRegistry(converter),
  })
  expect(await arrive(out, lines.length)).toEqual(lines)
  const [kept] = registry.versions(`${topic}-value`)
  const [record] = await readTopic(cluster.bootstrapServers, topic, 1)
  expect(record?.value?.subarray(0, 5)).toEqual(Buffer.from([0, 0, 0, 0, kept?.id ?? -1]))
})

test('made-up orders go through a topic as Protobuf, with a schema that says what they are', async () => {
  const out = cluster.file('orders.out')
  const converter = 'io.confluent.connect.protobuf.ProtobufConverter'
  await create('orders-source', {
    'connector.class': 'DatagenSource',
    topic: 'orders',
    quickstart: 'orders',
    ...withRegistry(converter),
  })
  await create('orders-sink', {
    'connector.class': 'FileStreamSink',
    file: out,
    topics: 'orders',
    ...withRegistry(converter),
  })
  expect((await arrive(out, 5))[0]).toMatch(/^Struct\{/)
  expect(registry.versions('orders-value')[0]?.schema).toMatch(/^syntax = "proto3";/)
})

test('while the registry is away tasks wait, keep running, and lose nothing', async () => {
  registry.failWith = 503
  const out = cluster.file('away.out')
  writeFileSync(cluster.file('away.in'), 'first\nsecond\n')
  await create('away-source', {
    'connector.class': 'FileStreamSource',
    file: cluster.file('away.in'),
    topic: 'away',
    // Not even with a tolerance is a record given up.
    'errors.tolerance': 'all',
    ...withRegistry('Avro'),
  })
  const before = registry.requests.length
  await eventually(async () => (registry.requests.length > before + 2 ? true : undefined), {
    withinMs: 30_000,
    what: 'the source asks again',
  })
  registry.failWith = undefined
  await readTopic(cluster.bootstrapServers, 'away', 2)
  registry.failWith = 503
  const asked = registry.requests.length
  await create('away-sink', {
    'connector.class': 'FileStreamSink',
    file: out,
    topics: 'away',
    'errors.tolerance': 'all',
    ...withRegistry('Avro'),
  })
  await eventually(async () => (registry.requests.length > asked + 1 ? true : undefined), {
    withinMs: 30_000,
    what: 'the sink asks again',
  })
  expect(linesOf(out)).toEqual([])
  await inState(url, 'away-sink', 'RUNNING')
  registry.failWith = undefined
  expect(await arrive(out, 2)).toEqual(['first', 'second'])
})
