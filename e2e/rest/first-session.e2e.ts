import { appendFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { ask, askSettled, inState } from '#e2e/harness/rest.ts'
import { readTopic } from '#e2e/harness/topic.ts'
import { eventually } from '#e2e/start/eventually.ts'

const SOURCE = 'org.apache.kafka.connect.file.FileStreamSourceConnector'
const SINK = 'org.apache.kafka.connect.file.FileStreamSinkConnector'
const JSON_TYPE = 'application/json'

let cluster: Cluster
let url: string
let workerIds: string[]

beforeAll(async () => {
  cluster = await startCluster({ workers: 2 })
  url = cluster.workers[0]?.url ?? ''
  workerIds = cluster.workers.map(({ id }) => id)
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

const call = (method: string, path: string, body?: unknown) => ask(url, method, path, body)
const envelope = (line: string) => `{"schema":{"type":"string","optional":false},"payload":${JSON.stringify(line)}}`
const values = async (topic: string, count: number) =>
  (await readTopic(cluster.bootstrapServers, topic, count)).map(({ value }) => value?.toString())

test('GET / and GET /health tell a client which Kafka Connect this is', async () => {
  expect(await call('GET', '/')).toMatchObject({
    status: 200,
    type: JSON_TYPE,
    body: { version: '4.3.1', commit: expect.stringMatching(/.+/), kafka_cluster_id: expect.stringMatching(/.+/) },
  })
  expect(await call('GET', '/health')).toMatchObject({
    status: 200,
    body: { status: 'healthy', message: 'Worker has completed startup and is ready to handle requests.' },
  })
})

test('GET /connector-plugins lists the file connectors, and with connectorsOnly=false converters too', async () => {
  const { body: connectors } = await call('GET', '/connector-plugins')
  expect(connectors).toEqual(
    expect.arrayContaining([
      { class: SINK, type: 'sink', version: '4.3.1' },
      { class: SOURCE, type: 'source', version: '4.3.1' },
    ]),
  )
  const types = (plugins: { type: string }[]) => new Set(plugins.map(({ type }) => type))
  expect(types(connectors)).toEqual(new Set(['sink', 'source']))
  const { body: all } = await call('GET', '/connector-plugins?connectorsOnly=false')
  expect([...types(all)]).toEqual(expect.arrayContaining(['converter', 'header_converter']))
})

test('GET /connector-plugins/{plugin}/config shows the keys by class, simple name and alias', async () => {
  for (const plugin of [SOURCE, 'FileStreamSourceConnector', 'FileStreamSource']) {
    const { status, body } = await call('GET', `/connector-plugins/${plugin}/config`)
    expect(status).toBe(200)
    expect(body.slice(0, 3).map((key: { name: string }) => key.name)).toEqual(['file', 'topic', 'batch.size'])
  }
  expect(await call('GET', '/connector-plugins/Nope/config')).toMatchObject({
    status: 404,
    body: { error_code: 404, message: 'Unknown plugin Nope.' },
  })
})

test('PUT …/config/validate answers 200 with what is wrong at its key', async () => {
  const path = '/connector-plugins/FileStreamSource/config/validate'
  const config = { 'connector.class': 'FileStreamSource', name: 'v', topic: 't', file: 'f', 'tasks.max': '1' }
  const good = await call('PUT', path, config)
  expect(good).toMatchObject({ status: 200, body: { name: 'FileStreamSource', error_count: 0 } })
  expect(good.body.groups.slice(0, 4)).toEqual(['Common', 'Transforms', 'Predicates', 'Error Handling'])

  const bad = await call('PUT', path, { ...config, topic: '', 'tasks.max': '0' })
  const errors = bad.body.configs.flatMap((one: { value: { name: string; errors: string[] } }) =>
    one.value.errors.map((message) => [one.value.name, message]),
  )
  expect(bad.status).toBe(200)
  expect(errors).toEqual([
    ['tasks.max', 'Invalid value 0 for configuration tasks.max: Value must be at least 1'],
    ['topic', 'Invalid value  for configuration topic: String must be non-empty'],
  ])
})

describe.each([
  ['alias', 'FileStreamSource'],
  ['class', SOURCE],
])('a FileStreamSource by its %s', (kind, connectorClass) => {
  const name = `source-${kind}`
  const topic = `lines-${kind}`
  let file: string
  let config: Record<string, string>

  beforeAll(() => {
    file = cluster.file(`${name}.txt`)
    writeFileSync(file, 'one\ntwo\n')
    config = { 'connector.class': connectorClass, file, topic, 'tasks.max': '1' }
  })

  test('is created with 201, its location and its config, and runs', async () => {
    const created = await askSettled(url, 'POST', '/connectors', { name, config })
    expect(created).toMatchObject({
      status: 201,
      type: JSON_TYPE,
      location: `${url}/connectors/${name}`,
      body: { name, config: { ...config, name }, type: 'source' },
    })
    const status = await inState(url, name, 'RUNNING')
    expect(status).toEqual({
      name,
      connector: { state: 'RUNNING', worker_id: expect.toSatisfy((id) => workerIds.includes(id)), version: '4.3.1' },
      tasks: [
        { id: 0, state: 'RUNNING', worker_id: expect.toSatisfy((id) => workerIds.includes(id)), version: '4.3.1' },
      ],
      type: 'source',
    })
    expect(await askSettled(url, 'POST', '/connectors', { name, config })).toMatchObject({
      status: 409,
      body: { error_code: 409, message: `Connector ${name} already exists` },
    })
  })

  test('is shown by every worker in the same words', async () => {
    for (const worker of cluster.workers) {
      const get = async (path: string) => (await ask(worker.url, 'GET', path)).body
      await inState(worker.url, name, 'RUNNING')
      expect(await get('/connectors')).toContain(name)
      expect(await get(`/connectors/${name}`)).toEqual({
        name,
        config: { ...config, name },
        tasks: [{ connector: name, task: 0 }],
        type: 'source',
      })
      expect(await get(`/connectors/${name}/config`)).toEqual({ ...config, name })
      expect(await get(`/connectors/${name}/tasks`)).toEqual([
        {
          id: { connector: name, task: 0 },
          config: { ...config, name, 'task.class': 'org.apache.kafka.connect.file.FileStreamSourceTask' },
        },
      ])
      expect(await get(`/connectors/${name}/tasks/0/status`)).toMatchObject({ id: 0, state: 'RUNNING' })
      const expanded = await get('/connectors?expand=status&expand=info')
      expect(expanded[name]).toMatchObject({ status: { name }, info: { name } })
    }
  })

  test('writes each line in the envelope of the JsonConverter, also a line that is appended', async () => {
    expect(await values(topic, 2)).toEqual([envelope('one'), envelope('two')])
    appendFileSync(file, 'drei ü 中\n')
    expect(await values(topic, 3)).toEqual([envelope('one'), envelope('two'), envelope('drei ü 中')])
  })

  test('names its topics and its offsets', async () => {
    const topics = await eventually(
      async () => {
        const { body } = await call('GET', `/connectors/${name}/topics`)
        return body[name].topics.length > 0 ? body : undefined
      },
      { withinMs: 15_000, what: 'the topic is tracked' },
    )
    expect(topics).toEqual({ [name]: { topics: [topic] } })
    const position = Buffer.byteLength('one\ntwo\ndrei ü 中\n')
    await eventually(
      async () => {
        const { body } = await call('GET', `/connectors/${name}/offsets`)
        return body.offsets?.[0]?.offset?.position === position ? true : undefined
      },
      { withinMs: 15_000, what: `the offset is ${position}` },
    )
  })

  test('pauses and resumes with 202, stops with 204', async () => {
    expect(await call('PUT', `/connectors/${name}/pause`)).toMatchObject({ status: 202, body: undefined })
    await inState(url, name, 'PAUSED')
    expect(await call('PUT', `/connectors/${name}/resume`)).toMatchObject({ status: 202, body: undefined })
    await inState(url, name, 'RUNNING')
    expect(await askSettled(url, 'PUT', `/connectors/${name}/stop`)).toMatchObject({ status: 204, body: undefined })
    await inState(url, name, 'STOPPED', 0)
    expect((await call('GET', `/connectors/${name}/tasks`)).body).toEqual([])
    expect(await call('PUT', `/connectors/${name}/resume`)).toMatchObject({ status: 202 })
    await inState(url, name, 'RUNNING')
  })

  test('restarts alone with 204, with its tasks with 202 and the plan', async () => {
    expect(await askSettled(url, 'POST', `/connectors/${name}/restart`)).toMatchObject({ status: 204, body: undefined })
    await inState(url, name, 'RUNNING')
    const planned = await askSettled(url, 'POST', `/connectors/${name}/restart?includeTasks=true`)
    expect(planned).toMatchObject({
      status: 202,
      body: { name, connector: { state: 'RESTARTING' }, tasks: [{ id: 0, state: 'RESTARTING' }] },
    })
    await inState(url, name, 'RUNNING')
    expect(await askSettled(url, 'POST', `/connectors/${name}/tasks/0/restart`)).toMatchObject({ status: 204 })
    await inState(url, name, 'RUNNING')
  })

  test('takes a new config with 200 and goes on where it was', async () => {
    const changed = { ...config, topic: `${topic}-2` }
    expect(await askSettled(url, 'PUT', `/connectors/${name}/config`, changed)).toMatchObject({
      status: 200,
      body: { name, config: { ...changed, name }, type: 'source' },
    })
    // The change is carried out after the answer: lines until then still go where they went.
    const appended = ['one', 'two', 'drei ü 中']
    await eventually(
      async () => {
        appended.push(`line ${appended.length}`)
        appendFileSync(file, `${appended.at(-1)}\n`)
        return (await call('GET', `/connectors/${name}/topics`)).body[name].topics.includes(`${topic}-2`) || undefined
      },
      { withinMs: 30_000, what: `a line reaches ${topic}-2` },
    )
    const after = await values(`${topic}-2`, 1)
    const before = await values(topic, appended.length - after.length)
    expect([...before, ...after]).toEqual(appended.map(envelope))
  })

  test('is deleted with 204, and gone', async () => {
    expect(await askSettled(url, 'DELETE', `/connectors/${name}`)).toMatchObject({ status: 204, body: undefined })
    expect((await call('GET', `/connectors/${name}`)).body).toEqual({
      error_code: 404,
      message: `Connector ${name} not found`,
    })
    await eventually(
      async () => ((await call('GET', `/connectors/${name}/status`)).status === 404 ? true : undefined),
      { withinMs: 15_000, what: 'the status is gone' },
    )
    expect(await askSettled(url, 'DELETE', `/connectors/${name}`)).toMatchObject({ status: 404 })
  })
})

test('a config without its topic is a 400 in many words', async () => {
  const config = { 'connector.class': 'FileStreamSource', file: 'f' }
  expect(await askSettled(url, 'POST', '/connectors', { name: 'bad', config })).toMatchObject({
    status: 400,
    type: JSON_TYPE,
    body: {
      error_code: 400,
      message: [
        'Connector configuration is invalid and contains the following 1 error(s):',
        'Missing required configuration "topic" which has no default value.',
        'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
      ].join('\n'),
    },
  })
})

test('a change sent to a follower is carried out by the leader', async () => {
  for (const [index, worker] of cluster.workers.entries()) {
    const name = `via-${index}`
    const config = { 'connector.class': 'FileStreamSource', file: cluster.file(`${name}.txt`), topic: name }
    const created = await askSettled(worker.url, 'PUT', `/connectors/${name}/config`, config)
    expect(created).toMatchObject({ status: 201, location: `${worker.url}/connectors/${name}` })
    for (const other of cluster.workers) await inState(other.url, name, 'RUNNING')
    expect(await askSettled(worker.url, 'DELETE', `/connectors/${name}`)).toMatchObject({ status: 204 })
  }
})

test('/sluice/v1 shows who runs what, what was logged, and what can be run', async () => {
  const { body: view } = await call('GET', '/sluice/v1/cluster')
  expect(view).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+/), group_id: cluster.group })
  expect(view.workers.map((worker: { id: string }) => worker.id).sort()).toEqual([...workerIds].sort())
  expect((await call('GET', '/sluice/v1/logs?limit=5')).body).toBeInstanceOf(Array)
  const { body: catalog } = await call('GET', '/sluice/v1/catalog')
  expect(catalog.map((card: { class: string }) => card.class)).toEqual(expect.arrayContaining([SOURCE, SINK]))
})
