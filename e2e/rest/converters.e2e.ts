import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { askSettled, inState, taskInState } from '#e2e/harness/rest.ts'
import { readTopic, writeTopic } from '#e2e/harness/topic.ts'
import { eventually } from '#e2e/start/eventually.ts'

let cluster: Cluster
let url: string

beforeAll(async () => {
  cluster = await startCluster()
  url = cluster.workers[0]?.url ?? ''
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

async function create(name: string, config: Record<string, string>): Promise<void> {
  expect(await askSettled(url, 'PUT', `/connectors/${name}/config`, config)).toMatchObject({ status: 201 })
  await inState(url, name, 'RUNNING')
}

const source = (name: string, file: string, more: Record<string, string>) =>
  create(name, { 'connector.class': 'FileStreamSource', file, topic: name, ...more })

const sink = (name: string, topic: string, more: Record<string, string>) =>
  create(name, { 'connector.class': 'FileStreamSink', file: cluster.file(`${name}.out`), topics: topic, ...more })

const written = (name: string, text: string) =>
  eventually(
    async () => {
      const file = readFileSync(cluster.file(`${name}.out`), 'utf8')
      return file.length >= text.length ? file : undefined
    },
    { withinMs: 30_000, what: `${name} writes its file` },
  )

/** Kafka Connect's JSON writer escapes what lies beyond the basic plane. */
const asJackson = (line: string) =>
  JSON.stringify(line).replace(
    /[\ud800-\udfff]/g,
    (half) => `\\u${half.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  )

const lines = 'plain\nünïcödé 中文 😀\n"quoted" \\ \n\n'
const expected = lines.slice(0, -1).split('\n')

test.each([
  ['the StringConverter', 'org.apache.kafka.connect.storage.StringConverter', {}, (line: string) => line],
  [
    'the JsonConverter',
    'org.apache.kafka.connect.json.JsonConverter',
    {},
    (line: string) => `{"schema":{"type":"string","optional":false},"payload":${asJackson(line)}}`,
  ],
  ['the JsonConverter without schemas', 'JsonConverter', { 'value.converter.schemas.enable': 'false' }, asJackson],
] as const)('%s carries lines into a topic and back into a file', async (what, converter, more, onTheWire) => {
  const name = what.replaceAll(' ', '-')
  const file = cluster.file(`${name}.in`)
  writeFileSync(file, lines)
  const settings = { 'value.converter': converter, ...more }
  await source(name, file, settings)
  const records = await readTopic(cluster.bootstrapServers, name, expected.length)
  expect(records.map(({ value }) => value?.toString())).toEqual(expected.map(onTheWire))

  await sink(`${name}-sink`, name, settings)
  expect(await written(`${name}-sink`, lines)).toBe(lines)
})

test('the ByteArrayConverter hands foreign bytes to a sink as they are', async () => {
  await writeTopic(cluster.bootstrapServers, 'bytes', ['abc'])
  await sink('bytes-sink', 'bytes', { 'value.converter': 'org.apache.kafka.connect.converters.ByteArrayConverter' })
  // Kafka Connect would write Java's name of the array (`[B@1b2c3d`), which is nobody's data.
  expect(await written('bytes-sink', 'abc\n')).toBe('abc\n')
})

test('a source that hands text to the ByteArrayConverter fails, and says why', async () => {
  const file = cluster.file('text.in')
  writeFileSync(file, 'text\n')
  const config = {
    'connector.class': 'FileStreamSource',
    file,
    topic: 'refused',
    'value.converter': 'org.apache.kafka.connect.converters.ByteArrayConverter',
  }
  expect(await askSettled(url, 'PUT', '/connectors/refused/config', config)).toMatchObject({ status: 201 })
  const failed = await taskInState(url, 'refused', 'FAILED')
  expect(failed.tasks[0].trace).toMatch(/ByteArrayConverter|BYTES|Invalid schema type/)
})
