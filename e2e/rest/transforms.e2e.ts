import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { ask, askSettled, taskInState } from '#e2e/harness/rest.ts'
import { readTopic, writeTopic } from '#e2e/harness/topic.ts'
import { eventually } from '#e2e/start/eventually.ts'

let cluster: Cluster
let url: string

beforeAll(async () => {
  cluster = await startCluster({ properties: { 'offset.flush.interval.ms': '200' } })
  url = cluster.workers[0]?.url ?? ''
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

const kafka = 'org.apache.kafka.connect.transforms'
const strings = { 'value.converter': 'org.apache.kafka.connect.storage.StringConverter' }

const create = async (name: string, config: Record<string, string>) =>
  expect(await askSettled(url, 'PUT', `/connectors/${name}/config`, config)).toMatchObject({ status: 201 })

const written = (file: string, text: string) =>
  eventually(async () => (readFileSync(file, 'utf8') === text ? true : undefined), {
    withinMs: 30_000,
    what: `${file} holds ${JSON.stringify(text)}`,
  })

test('records of a source pass a chain with predicates on their way, and what is dropped is done with', async () => {
  const file = cluster.file('chain.in')
  const lines = 'first\nDROP\nsecond\nDROP\n'
  writeFileSync(file, lines)
  await create('chain', {
    'connector.class': 'FileStreamSource',
    file,
    topic: 'lines',
    'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.schemas.enable': 'false',
    transforms: 'keep,hoist,insert,route,elsewhere',
    'transforms.keep.type': 'CelFilter',
    'transforms.keep.condition': 'value != "DROP"',
    'transforms.hoist.type': `${kafka}.HoistField$Value`,
    'transforms.hoist.field': 'line',
    'transforms.insert.type': `${kafka}.InsertField$Value`,
    'transforms.insert.static.field': 'region',
    'transforms.insert.static.value': 'eu',
    'transforms.route.type': `${kafka}.RegexRouter`,
    'transforms.route.regex': '(.*)',
    'transforms.route.replacement': 'eu-$1',
    'transforms.route.predicate': 'isLines',
    'transforms.elsewhere.type': `${kafka}.RegexRouter`,
    'transforms.elsewhere.regex': '.*',
    'transforms.elsewhere.replacement': 'elsewhere',
    'transforms.elsewhere.predicate': 'isRouted',
    'transforms.elsewhere.negate': 'true',
    predicates: 'isLines,isRouted',
    'predicates.isLines.type': `${kafka}.predicates.TopicNameMatches`,
    'predicates.isLines.pattern': 'lines',
    'predicates.isRouted.type': `${kafka}.predicates.TopicNameMatches`,
    'predicates.isRouted.pattern': 'eu-.*',
  })
  const records = await readTopic(cluster.bootstrapServers, 'eu-lines', 2)
  expect(records.map(({ value }) => JSON.parse(`${value}`))).toEqual([
    { line: 'first', region: 'eu' },
    { line: 'second', region: 'eu' },
  ])
  const stored = await eventually(
    async () => {
      const { body } = await ask(url, 'GET', '/connectors/chain/offsets')
      return body.offsets[0]?.offset.position === lines.length ? body : undefined
    },
    { withinMs: 30_000, what: 'the position behind the dropped line is committed' },
  )
  expect(stored.offsets).toHaveLength(1)
})

test('records of a sink pass their transforms behind the converters', async () => {
  await writeTopic(cluster.bootstrapServers, 'mixed', ['a', null, 'b'])
  await create('clean', {
    'connector.class': 'FileStreamSink',
    topics: 'mixed',
    file: cluster.file('clean.out'),
    ...strings,
    transforms: 'drop,map',
    'transforms.drop.type': `${kafka}.Filter`,
    'transforms.drop.predicate': 'tombstone',
    'transforms.map.type': 'CelMap',
    'transforms.map.mapping': '{"line": value + "!", "from": topic}',
    'transforms.map.mode': 'replace',
    predicates: 'tombstone',
    'predicates.tombstone.type': `${kafka}.predicates.RecordIsTombstone`,
  })
  await written(cluster.file('clean.out'), 'Struct{line=a!,from=mixed}\nStruct{line=b!,from=mixed}\n')
})

test('a record that a transform cannot change fails the task, or is left out where that is tolerated', async () => {
  await writeTopic(cluster.bootstrapServers, 'numbers', ['1', 'many', '2'])
  const config = {
    'connector.class': 'FileStreamSink',
    topics: 'numbers',
    ...strings,
    transforms: 'cast',
    'transforms.cast.type': `${kafka}.Cast$Value`,
    'transforms.cast.spec': 'int32',
  }
  await create('strict', { ...config, file: cluster.file('strict.out') })
  const failed = await taskInState(url, 'strict', 'FAILED')
  expect(failed.tasks[0].trace).toContain('Value (many) was out of range for requested data type')
  await create('tolerant', { ...config, file: cluster.file('tolerant.out'), 'errors.tolerance': 'all' })
  await written(cluster.file('tolerant.out'), '1\n2\n')
})

test('validation tells the groups of a chain, what its transforms say, and which patterns cannot be used', async () => {
  const { status, body } = await ask(url, 'PUT', '/connector-plugins/FileStreamSource/config/validate', {
    'connector.class': 'FileStreamSource',
    name: 'v',
    topic: 't',
    file: 'in.txt',
    transforms: 'a,b,c',
    'transforms.a.type': `${kafka}.ReplaceField$Value`,
    'transforms.a.renames': 'no-colon',
    'transforms.b.type': 'CelFilter',
    'transforms.b.condition': 'value.',
    'transforms.c.type': 'RegexRouter',
    'transforms.c.regex': '(?=x)y',
    'transforms.c.replacement': 'z',
    predicates: 'p',
    'predicates.p.type': 'HasHeaderKey',
  })
  expect(status).toBe(200)
  expect(body.groups).toEqual(
    expect.arrayContaining(['Transforms: a', 'Transforms: b', 'Transforms: c', 'Predicates: p']),
  )
  const errors = Object.fromEntries(
    body.configs.flatMap(({ value }: { value: { name: string; errors: string[] } }) =>
      value.errors.map((message) => [value.name, message]),
    ),
  )
  expect(errors).toEqual({
    'transforms.a.renames': 'Invalid value [no-colon] for configuration renames: Invalid rename mapping: no-colon',
    'transforms.b.condition': expect.stringContaining('value.'),
    'transforms.c.regex': expect.stringContaining('Look-around is not supported'),
    'predicates.p.name': 'Missing required configuration "predicates.p.name" which has no default value.',
  })
})

test('the listing of plugins names transforms and predicates, and each tells its settings', async () => {
  const { body } = await ask(url, 'GET', '/connector-plugins?connectorsOnly=false')
  const classes = body.map((plugin: { class: string; type: string }) => `${plugin.type} ${plugin.class}`)
  expect(classes).toEqual(
    expect.arrayContaining([
      `transformation ${kafka}.Cast$Value`,
      'transformation sluice.transforms.CelFilter',
      `predicate ${kafka}.predicates.HasHeaderKey`,
    ]),
  )
  const settings = await ask(url, 'GET', `/connector-plugins/${encodeURIComponent(`${kafka}.Cast$Value`)}/config`)
  expect(settings.body.map(({ name }: { name: string }) => name)).toEqual(['spec', 'replace.null.with.default'])
})
