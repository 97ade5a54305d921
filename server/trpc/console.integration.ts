import { TRPCClientError } from '@trpc/client'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Database, openDatabase } from '#server/console/database/database.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import type { EmbeddedWorker, EmbeddedWorkers } from '#server/contract/embedded-workers.ts'
import { keptSecret } from '#server/contract/kept-secret.ts'
import type { AppRouter } from '#server/trpc/root.ts'
import { type RunningConsole, startConsoleUnderTest } from '#server/trpc/test-tree/running-console.ts'

const file = 'org.apache.kafka.connect.file.FileStreamSourceConnector'
const cluster = 'local'
const config: ConnectorConfig = { 'connector.class': file, topic: 'lines', pin: 'top-secret-1', 'my.note': 'kept' }

let database: Database
let running: RunningConsole

beforeAll(async () => {
  database = await openDatabase('memory')
})
afterAll(() => database[Symbol.asyncDispose]())

beforeEach(async () => {
  await database.prisma.configVersion.deleteMany()
  running = await startConsoleUnderTest({ database })
  return () => running[Symbol.asyncDispose]()
})

/** The console's own error, as the pages read it. */
async function refused(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (!(error instanceof TRPCClientError)) throw new Error(`it was not refused: ${String(error)}`)
  const { data, message }: TRPCClientError<AppRouter> = error
  return { status: data?.httpStatus, message, ...data?.connect }
}

/** The history is written behind the answer; this waits until it says so. */
async function versions(name: string, count: number) {
  for (;;) {
    const entries = await running.client.history.list.query({ cluster, name })
    if (entries.length >= count) return entries
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const create = (name = 'c', more: ConnectorConfig = {}) =>
  running.client.connectors.create.mutate({ cluster, name, config: { ...config, name, ...more } })

test('a connector is made, found, run, changed and deleted', async () => {
  const { connectors } = running.client
  await create()
  expect(await connectors.list.query({ cluster })).toMatchObject([
    { name: 'c', info: { type: 'source' }, status: { connector: { state: 'RUNNING' } } },
  ])
  const target = { cluster, name: 'c' }
  const state = async () => (await connectors.get.query(target)).status?.connector.state
  await connectors.pause.mutate(target)
  expect(await state()).toBe('PAUSED')
  await connectors.resume.mutate(target)
  expect(await state()).toBe('RUNNING')
  await connectors.restart.mutate({ ...target, includeTasks: true, onlyFailed: false })
  await connectors.restartTask.mutate({ ...target, task: 0 })
  running.herder.produced('c', 'lines', { partition: { filename: 'in' }, offset: { position: 9007199254740993n } })
  expect((await connectors.get.query(target)).topics).toEqual(['lines'])
  expect(await connectors.offsets.query(target)).toEqual([
    { partition: { filename: 'in' }, offset: { position: 9007199254740993n } },
  ])
  await connectors.stop.mutate(target)
  expect(await state()).toBe('STOPPED')
  expect(await connectors.resetOffsets.mutate(target)).toMatch(/reset successfully/)
  await connectors.putConfig.mutate({ ...target, config: { ...config, name: 'c', topic: 'other' } })
  expect((await connectors.get.query(target)).info.config).toMatchObject({ topic: 'other', 'my.note': 'kept' })
  await connectors.delete.mutate(target)
  expect(await connectors.list.query({ cluster })).toEqual([])
  expect(await refused(connectors.get.query(target))).toMatchObject({ status: 404, code: 'CONNECTOR_NOT_FOUND' })
})

test('no answer ever holds a secret, and what is sent back as "unchanged" stays as it was', async () => {
  const { connectors, history } = running.client
  const target = { cluster, name: 'c' }
  await create('c', { 'db.password': 'top-secret-2', 'db.url': 'pg://ada:top-secret-3@db/shop' })
  const { info } = await connectors.get.query(target)
  expect(info.config).toMatchObject({ pin: keptSecret, 'db.password': keptSecret, 'db.url': keptSecret })
  await connectors.list.query({ cluster })

  const infos = await connectors.validate.query({ ...target, plugin: file, config: info.config })
  expect(infos.configs.find(({ value }) => value.name === 'pin')?.value).toMatchObject({
    value: keptSecret,
    errors: ['Invalid value [hidden] for configuration pin: too well known'],
  })
  await connectors.putConfig.mutate({ ...target, config: { ...info.config, topic: 'other' } })
  expect(await running.herder.config('c')).toMatchObject({ pin: 'top-secret-1', 'db.password': 'top-secret-2' })
  await refused(connectors.putConfig.mutate({ ...target, config: { ...info.config, topic: 'refused' } }))

  await versions('c', 2)
  await history.recent.query({ cluster, limit: 10 })
  expect(running.answers()).toContain(keptSecret)
  expect(running.answers()).not.toMatch(/top-secret/)
  expect(JSON.stringify(await database.prisma.configVersion.findMany())).not.toMatch(/top-secret/)
})

test('"unchanged" without a stored secret is told at its field, and nothing is made', async () => {
  const { connectors } = running.client
  const sent = { ...config, name: 'new', pin: keptSecret }
  expect(await refused(connectors.create.mutate({ cluster, name: 'new', config: sent }))).toMatchObject({
    status: 400,
    code: 'CONFIG_INVALID',
    problems: [{ field: 'pin' }],
  })
  expect(await running.herder.list()).toEqual([])
  const infos = await connectors.validate.query({ cluster, plugin: file, config: sent })
  expect(infos.errorCount).toBe(1)
  expect(infos.configs.find(({ value }) => value.name === 'pin')?.value.errors).toHaveLength(1)
})

test('the history tells each change, and going back keeps the present secret', async () => {
  const { connectors, history } = running.client
  const target = { cluster, name: 'c' }
  await create()
  await versions('c', 1)
  await connectors.putConfig.mutate({ ...target, config: { ...config, name: 'c', topic: 'b', pin: 'top-secret-9' } })
  const [, first] = await versions('c', 2)
  expect(first?.config).toMatchObject({ topic: 'lines', pin: keptSecret })
  await connectors.putConfig.mutate({ ...target, config: first?.config ?? {} })
  expect(await running.herder.config('c')).toMatchObject({ topic: 'lines', pin: 'top-secret-9' })
  await connectors.delete.mutate(target)
  await versions('c', 4)
  const recent = await history.recent.query({ cluster, limit: 10 })
  expect(recent.map(({ sentence }) => sentence)).toEqual([
    'was deleted',
    'changed topic',
    'changed pin, topic',
    'was created',
  ])
})

test('going back to exactly what was names the version', async () => {
  const target = { cluster, name: 'c' }
  await create()
  await versions('c', 1)
  for (const topic of ['b', 'lines']) {
    await running.client.connectors.putConfig.mutate({ ...target, config: { ...config, name: 'c', topic } })
  }
  const [newest] = await versions('c', 3)
  expect(newest?.sentence).toBe('went back to version 1')
})

test('a config that was changed elsewhere is in the history once somebody looks', async () => {
  await create()
  await versions('c', 1)
  await running[Symbol.asyncDispose]()
  running = await startConsoleUnderTest({ database })
  await running.herder.create({ name: 'c', config: { ...config, name: 'c', topic: 'elsewhere' } })
  await running.client.connectors.get.query({ cluster, name: 'c' })
  const [newest] = await versions('c', 2)
  expect(newest?.sentence).toBe('changed topic outside this console')
})

test('wrong input is refused with its field, before anybody is asked', async () => {
  const { connectors, topics } = running.client
  // The pages' own serializer refuses such a key, so this is what a program sends.
  const send = (key: string) =>
    fetch(`${running.url}/api/trpc/connectors.create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"json":{"cluster":"local","name":"c","config":{"topic":"t","${key}":{"connector.class":"c"}}}}`,
    })
  expect((await (await send('constructor')).json()).error.json).toMatchObject({
    message: 'config.constructor: This key is not allowed.',
    data: { connect: { code: 'BAD_REQUEST', problems: [{ field: 'config.constructor' }] } },
  })
  // Nothing inherits what stands under this one.
  expect((await (await send('__proto__')).json()).error.json.message).toBe(
    'Connector config contains no connector type',
  )
  expect(await running.herder.list()).toEqual([])
  expect(await refused(connectors.get.query({ cluster, name: '' }))).toMatchObject({ problems: [{ field: 'name' }] })
  expect(await refused(connectors.restartTask.mutate({ cluster, name: 'c', task: -1 }))).toMatchObject({
    problems: [{ field: 'task' }],
  })
  expect(
    await refused(topics.read.query({ cluster, topic: 't', format: 'auto', limit: 0, from: { at: 'newest' } })),
  ).toMatchObject({ problems: [{ field: 'limit' }] })
})

test("the cluster's own refusals keep code, hint and words", async () => {
  await create()
  expect(await refused(create())).toMatchObject({
    status: 409,
    code: 'CONNECTOR_EXISTS',
    message: 'Connector c already exists',
    hint: expect.stringContaining('choose another name'),
  })
  expect(await refused(running.client.plugins.config.query({ cluster, plugin: 'Nope' }))).toMatchObject({
    status: 404,
    code: 'PLUGIN_NOT_FOUND',
  })
  expect(await refused(running.client.connectors.list.query({ cluster: 'nowhere' }))).toMatchObject({
    status: 404,
    code: 'CLUSTER_NOT_FOUND',
  })
})

test('the catalog, plugins, keys, log lines and the group of a cluster can be read', async () => {
  const { plugins, connectors, cluster: own } = running.client
  expect((await plugins.catalog.query({ cluster })).map(({ title }) => title)).toEqual(['File', 'Made up'])
  expect(await plugins.list.query({ cluster })).toHaveLength(2)
  expect(await plugins.ofRecords.query({ cluster })).toEqual(await running.herder.recordPlugins())
  expect((await plugins.config.query({ cluster, plugin: file })).map(({ name }) => name)).toEqual(['topic', 'pin'])
  expect(await own.info.query({ cluster })).toMatchObject({ version: '4.3.1' })
  expect(await own.view.query({ cluster })).toMatchObject({ groupId: 'memory' })
  const ofLog = { cluster, connector: 'c', kinds: ['log' as const] }
  const page = await connectors.events.query({ ...ofLog, level: 'INFO', limit: 10 })
  expect(page).toMatchObject({
    entries: [{ id: '0-0', kind: 'log', message: 'log of c' }],
    older: '7',
    origin: 'topic',
  })
  expect(await connectors.stalls.query({ cluster })).toEqual(await running.herder.stalls())
  expect(await connectors.taskless.query({ cluster })).toEqual(await running.herder.taskless())
  expect(await connectors.throughput.query({ cluster })).toEqual(await running.herder.throughput())
  await connectors.create.mutate({ cluster, name: 'c', config: { ...config, name: 'c' } })
  expect(await connectors.policies.query({ cluster, name: 'c' })).toEqual(await running.herder.policies('c'))
  const set = { level: 'DEBUG', forSeconds: 60 } as const
  expect(await connectors.setLogLevel.mutate({ cluster, name: 'c', set })).toMatchObject({ level: 'DEBUG' })
  expect(await connectors.logLevel.query({ cluster, name: 'c' })).toMatchObject({ level: 'DEBUG' })
})

test('a cluster of Apache Kafka Connect is managed too; what it lacks is absent', async () => {
  const { clusters, connectors, plugins, example, workers, topics, cluster: own } = running.client
  await clusters.save.mutate({ slug: 'jvm', name: 'JVM', workerUrls: ['http://127.0.0.1:1', running.jvmUrl] })
  expect((await clusters.list.query()).map(({ slug }) => slug)).toEqual(['local', 'jvm'])
  const jvm = { cluster: 'jvm' }
  await connectors.create.mutate({ ...jvm, name: 'c', config: { ...config, name: 'c' } })
  await connectors.pause.mutate({ ...jvm, name: 'c' })
  expect(await connectors.get.query({ ...jvm, name: 'c' })).toMatchObject({
    info: { config: { pin: keptSecret } },
    status: { connector: { state: 'PAUSED' } },
  })
  expect(await own.view.query(jvm)).toBeNull()
  const ofLog = { ...jvm, connector: 'c', kinds: ['log' as const], level: 'INFO' as const, limit: 10 }
  expect(await connectors.events.query(ofLog)).toBeNull()
  expect(await connectors.stalls.query(jvm)).toEqual([])
  expect(await connectors.taskless.query(jvm)).toEqual([])
  expect(await connectors.throughput.query(jvm)).toBeNull()
  expect(await connectors.policies.query({ ...jvm, name: 'c' })).toBeNull()
  expect(await connectors.logLevel.query({ ...jvm, name: 'c' })).toBeNull()
  expect(await workers.list.query(jvm)).toBeNull()
  expect(await plugins.catalog.query(jvm)).toEqual([
    { class: file, type: 'source', version: '4.3.1', title: 'FileStreamSource', summary: '', system: '', example: {} },
  ])
  expect(await refused(example.start.mutate(jvm))).toMatchObject({ code: 'UNSUPPORTED' })
  expect(await refused(topics.list.query(jvm))).toMatchObject({
    code: 'SETTING_INVALID',
    message: expect.stringContaining('bootstrap.servers'),
  })
  expect(await refused(connectors.get.query({ ...jvm, name: 'none' }))).toMatchObject({ code: 'CONNECTOR_NOT_FOUND' })
  await clusters.remove.mutate({ slug: 'jvm' })
  expect(await refused(connectors.list.query(jvm))).toMatchObject({ code: 'CLUSTER_NOT_FOUND' })
  expect(await refused(clusters.remove.mutate({ slug: 'local' }))).toMatchObject({ code: 'BAD_REQUEST' })
})

test('a cluster that nobody answers for says so, with what to do', async () => {
  await running.client.clusters.save.mutate({ slug: 'gone', name: 'Gone', workerUrls: ['http://127.0.0.1:1'] })
  expect(await refused(running.client.connectors.list.query({ cluster: 'gone' }))).toMatchObject({
    status: 502,
    code: 'WORKER_UNREACHABLE',
    hint: expect.stringContaining('worker runs'),
  })
  await running.client.clusters.remove.mutate({ slug: 'gone' })
})

test('the example is made once, by whatever source of made-up records there is', async () => {
  const { example } = running.client
  const started = await example.start.mutate({ cluster })
  expect(started).toEqual({ topic: 'orders', connectors: ['orders', 'orders-to-file'] })
  expect(await running.herder.config('orders')).toMatchObject({
    'connector.class': 'example.MadeUpOrders',
    topic: 'orders',
    rate: '5',
  })
  const sink = running.herder.config('orders-to-file')
  expect((await sink).file).toMatch(/^\/tmp\/sluice-orders-.{8}\.txt$/)
  await running.herder.setTargetState('orders', 'PAUSED')
  expect(await example.start.mutate({ cluster })).toEqual(started)
  expect((await running.herder.status('orders')).connector.state).toBe('PAUSED')
})

test('views are kept for everybody, one of a name', async () => {
  const { views } = running.client
  const place = { cluster, page: 'connectors' }
  const saved = await views.save.mutate({ ...place, name: ' Failed ', query: 'state=FAILED' })
  expect(await views.save.mutate({ ...place, name: 'Failed', query: 'state=FAILED&type=sink' })).toEqual({
    id: saved.id,
    name: 'Failed',
    query: 'state=FAILED&type=sink',
  })
  expect(await views.list.query(place)).toHaveLength(1)
  await views.remove.mutate({ cluster, id: saved.id })
  expect(await views.list.query(place)).toEqual([])
})

test('embedded workers are listed, added, stopped and started', async () => {
  const stopped = (id: number): EmbeddedWorker => ({
    id,
    url: `http://w${id}`,
    workerId: `w${id}:1`,
    deaths: 0,
    state: 'stopped',
  })
  const embedded: EmbeddedWorker[] = [stopped(1)]
  const turn = (id: number, worker: EmbeddedWorker) => {
    embedded[id - 1] = worker
    return worker
  }
  const embeddedWorkers: EmbeddedWorkers = {
    list: () => embedded,
    add: async () => turn(2, stopped(2)),
    start: async (id) => turn(id, { ...stopped(id), state: 'running', pid: 7, since: 1 }),
    stop: async (id) => turn(id, stopped(id)),
  }
  await using other = await startConsoleUnderTest({ database, embeddedWorkers })
  const { workers } = other.client
  expect(await workers.list.query({ cluster })).toHaveLength(1)
  expect((await workers.add.mutate({ cluster })).id).toBe(2)
  expect(await workers.start.mutate({ cluster, id: 2 })).toMatchObject({ state: 'running', pid: 7 })
  expect((await workers.stop.mutate({ cluster, id: 2 })).state).toBe('stopped')
  expect(await running.client.workers.list.query({ cluster })).toBeNull()
  expect(await refused(running.client.workers.add.mutate({ cluster }))).toMatchObject({ code: 'BAD_REQUEST' })
})

test('a viewer reads, and changes nothing', async () => {
  await using viewing = await startConsoleUnderTest({ database, role: 'viewer' })
  const { connectors } = viewing.client
  expect(await connectors.list.query({ cluster })).toEqual([])
  expect(await refused(connectors.create.mutate({ cluster, name: 'c', config }))).toMatchObject({
    status: 403,
    message: 'The role viewer may not use connectors.create.',
  })
  expect(await viewing.herder.list()).toEqual([])
})
