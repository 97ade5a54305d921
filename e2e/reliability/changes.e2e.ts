import { appendFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { ask, askSettled, inState } from '#e2e/harness/rest.ts'
import { readWhole, writeTopic } from '#e2e/harness/topic.ts'
import { createTopic } from '#e2e/harness/topic-settings.ts'
import { arrives, create, linesOf, sinkOf, sourceOf } from '#e2e/reliability/file-pair.ts'
import { eventually } from '#e2e/start/eventually.ts'

let cluster: Cluster
let worker: ConnectWorker
beforeAll(async () => {
  const providers = {
    'config.providers': 'file',
    'config.providers.file.class': 'org.apache.kafka.common.config.provider.FileConfigProvider',
  }
  cluster = await startCluster({ workers: 2, verifiable: true, properties: providers })
  worker = cluster.workers[0] as ConnectWorker
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

const topicOf = (name: string) => `${cluster.group}-${name}`
const call = (method: string, path: string, body?: unknown) => askSettled(worker.url, method, path, body)

test('R-J03: a connector that has 1, then 5, then 3 tasks shows exactly those, on every worker', async () => {
  const config = { 'connector.class': 'VerifiableSource', topic: topicOf('grows'), 'ledger.folder': cluster.folder }
  for (const tasks of [1, 5, 3]) {
    await call('PUT', '/connectors/grows/config', { ...config, 'tasks.max': `${tasks}` })
    const ids = Array.from({ length: tasks }, (_, id) => id)
    for (const { url } of cluster.workers) {
      const status = await inState(url, 'grows', 'RUNNING', tasks)
      expect(status.tasks.map(({ id }: { id: number }) => id)).toEqual(ids)
    }
    expect((await call('GET', '/connectors/grows/tasks')).body).toHaveLength(tasks)
  }
  expect((await ask(worker.url, 'GET', '/connectors/grows/tasks/4/status')).status).toBe(404)
  expect((await call('DELETE', '/connectors/grows')).status).toBe(204)
})

test('R-J05: a sink that is created STOPPED starts no task, and with its offsets altered gets the last 5 of 10', async () => {
  const [topic, file] = [topicOf('later'), cluster.file('later.out')]
  await createTopic(cluster.bootstrapServers, topic, { partitions: 1, config: {} })
  await writeTopic(
    cluster.bootstrapServers,
    topic,
    Array.from({ length: 10 }, (_, n) => `${n}`),
  )
  const config = sinkOf(file, topic)
  const created = await call('POST', '/connectors', { name: 'later', config, initial_state: 'STOPPED' })
  expect(created).toMatchObject({ status: 201, body: { tasks: [] } })
  await inState(worker.url, 'later', 'STOPPED', 0)
  const offsets = [{ partition: { kafka_topic: topic, kafka_partition: 0 }, offset: { kafka_offset: 5 } }]
  expect((await call('PATCH', '/connectors/later/offsets', { offsets })).status).toBe(200)
  expect(linesOf(file)).toEqual([])
  await call('PUT', '/connectors/later/resume')
  await arrives(file, '9')
  expect(linesOf(file)).toEqual(['5', '6', '7', '8', '9'])
})

test('R-J11: another converter alone, and another transform alone, restart the tasks (KAFKA-9228)', async () => {
  const file = cluster.file('converted.in')
  writeFileSync(file, 'one\n')
  const config = sourceOf(file, topicOf('converted'))
  const changes = [
    {},
    { 'value.converter': 'org.apache.kafka.connect.json.JsonConverter', 'value.converter.schemas.enable': 'false' },
    {
      transforms: 'Hoist',
      'transforms.Hoist.type': 'org.apache.kafka.connect.transforms.HoistField$Value',
      'transforms.Hoist.field': 'line',
    },
  ]
  await create(worker, 'converted', config)
  const values = async () =>
    (await readWhole(cluster.bootstrapServers, topicOf('converted'))).map(({ value }) => String(value))
  const expected: string[] = []
  let changed = config
  for (const [n, line] of ['one', '"two"', '{"line":"three"}'].entries()) {
    changed = { ...changed, ...changes[n] }
    if (n > 0) {
      await call('PUT', '/connectors/converted/config', changed)
      await eventually(
        async () => {
          const { body } = await ask(worker.url, 'GET', '/connectors/converted/tasks')
          return Object.entries(changes[n] ?? {}).every(([key, value]) => body[0]?.config[key] === value) || undefined
        },
        { withinMs: 30_000, what: 'the task has the new config' },
      )
      await inState(worker.url, 'converted', 'RUNNING')
      appendFileSync(file, `${/[a-z]+(?="?\}?$)/.exec(line)}\n`)
    }
    expected.push(line)
    await eventually(async () => (await values()).length >= expected.length || undefined, {
      withinMs: 30_000,
      what: `${line} is written`,
    })
    expect(await values()).toEqual(expected)
  }
})

test('R-J10: a config whose placeholder cannot be resolved harms nobody, and goes on once it can (KAFKA-16837)', async () => {
  const [file, secrets] = [cluster.file('provided.in'), cluster.file('provided.properties')]
  writeFileSync(file, 'one\n')
  writeFileSync(secrets, `input=${file}\n`)
  const provided = { ...sourceOf(`\${file:${secrets}:input}`, topicOf('provided')) }
  const created = await call('PUT', '/connectors/provided/config', provided)
  expect(created.status).toBe(201)
  await inState(worker.url, 'provided', 'RUNNING')
  const missing = { ...provided, file: `\${file:${secrets}:none}` }
  expect((await call('PUT', '/connectors/provided/config', missing)).status).toBe(400)
  // What cannot be resolved any more when its task starts anew.
  writeFileSync(secrets, '')
  await call('POST', '/connectors/provided/restart?includeTasks=true')
  await eventually(
    async () => {
      const { body } = await ask(worker.url, 'GET', '/connectors/provided/status')
      const all = [body.connector, ...body.tasks]
      return all.some(({ state, trace }) => state === 'FAILED' && /resolve/.test(trace)) || undefined
    },
    { withinMs: 30_000, what: 'it is FAILED with its reason' },
  )
  await create(worker, 'meanwhile', sourceOf(file, topicOf('meanwhile')))
  await inState(worker.url, 'meanwhile', 'RUNNING')
  writeFileSync(secrets, `input=${file}\n`)
  await call('POST', '/connectors/provided/restart?includeTasks=true')
  await inState(worker.url, 'provided', 'RUNNING')
})
