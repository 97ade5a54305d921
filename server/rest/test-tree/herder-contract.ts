import { describe, expect, test } from 'vitest'
import { ConnectError, type ErrorCode } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import type { MemoryHerder } from '#server/rest/test-tree/memory-herder.ts'

/** A herder under test, and the cluster behind it where things happen that no port can ask for. */
export interface HerderFixture extends AsyncDisposable {
  herder: Herder
  cluster: MemoryHerder
}

const FILE = 'org.apache.kafka.connect.file.FileStreamSourceConnector'
export const everyName = ['orders', 'with space', 'a/b', 'a%b', 'uni中😀', 'q\'"', 'a?b#c', 'x\\y']
const config = { 'connector.class': FILE, file: 'in.txt', topic: 'lines', 'tasks.max': '2' }

/** Every implementation of the `Herder` port keeps these promises, in process and over HTTP alike. */
export function meetsHerderContract(
  name: string,
  open: () => Promise<HerderFixture>,
  names: readonly string[] = everyName,
): void {
  const withHerder = async (run: (herder: Herder, cluster: MemoryHerder) => Promise<void>) => {
    await using fixture = await open()
    await run(fixture.herder, fixture.cluster)
  }
  const fails = async (work: Promise<unknown>, code: ErrorCode, status: number, message: string) => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(ConnectError)
    expect(error).toMatchObject({ code, status, message: expect.stringContaining(message) })
  }

  describe(`${name} keeps the promises of a herder`, () => {
    test('tells who it is and how it is', () =>
      withHerder(async (herder) => {
        expect(await herder.root()).toEqual({ version: '4.3.1', commit: '0123abcd', kafkaClusterId: 'memory' })
        expect(await herder.health()).toMatchObject({ status: 'healthy' })
      }))

    test('tries a config before it is saved, and refuses one that it would not run', () =>
      withHerder(async (herder) => {
        const records = [{ key: null, value: '{"a":1}', headers: [], timestamp: null }]
        expect(await herder.preview(FILE, { config, limit: 5, records })).toEqual({
          records: [{ outcome: 'kept', steps: [] }],
          tolerance: 'none',
        })
        const { topic: _, ...bad } = config
        await fails(herder.preview(FILE, { config: bad, limit: 5 }), 'CONFIG_INVALID', 400, '"topic"')
        expect(await herder.testConnection(FILE, config)).toEqual({
          ok: true,
          steps: [{ title: 'Reach memory', outcome: 'passed', ms: 1 }],
        })
      }))

    test('creates, shows, changes and deletes a connector whatever its name', () =>
      withHerder(async (herder) => {
        for (const connector of names) {
          const info = await herder.create({ name: connector, config })
          expect(info).toEqual({
            name: connector,
            config: { ...config, name: connector },
            tasks: [0, 1].map((task) => ({ connector, task })),
            type: 'source',
          })
          expect(await herder.list()).toEqual([connector])
          expect(await herder.listExpanded()).toEqual([
            { name: connector, info: await herder.info(connector), status: await herder.status(connector) },
          ])
          expect(await herder.config(connector)).toEqual({ ...config, name: connector })
          expect(await herder.putConfig(connector, { ...config, file: 'b', name: connector })).toMatchObject({
            created: false,
            info: { config: { file: 'b' } },
          })
          expect((await herder.patchConfig(connector, { file: null, extra: '1' })).config).toEqual({
            'connector.class': FILE,
            topic: 'lines',
            'tasks.max': '2',
            name: connector,
            extra: '1',
          })
          await herder.delete(connector)
          expect(await herder.list()).toEqual([])
        }
      }))

    test('says by putConfig whether the connector is new', () =>
      withHerder(async (herder) => {
        expect(await herder.putConfig('new', config)).toMatchObject({ created: true, info: { name: 'new' } })
        expect(await herder.putConfig('new', config)).toMatchObject({ created: false })
      }))

    test('creates a connector in the state that was asked for, and moves it between states', () =>
      withHerder(async (herder) => {
        await herder.create({ name: 'c', config, initialState: 'STOPPED' })
        expect((await herder.status('c')).connector.state).toBe('STOPPED')
        await herder.setTargetState('c', 'STARTED')
        expect(await herder.status('c')).toEqual({
          name: 'c',
          connector: { state: 'RUNNING', workerId: '127.0.0.1:8083', version: '4.3.1' },
          tasks: [0, 1].map((id) => ({ id, state: 'RUNNING', workerId: '127.0.0.1:8083', version: '4.3.1' })),
          type: 'source',
        })
        await herder.setTargetState('c', 'PAUSED')
        expect((await herder.taskStatus({ connector: 'c', task: 1 })).state).toBe('PAUSED')
        await herder.stop('c')
        expect((await herder.status('c')).tasks).toEqual([])
      }))

    test('restarts alone without an answer, and with tasks with the plan', () =>
      withHerder(async (herder) => {
        await herder.create({ name: 'c', config })
        expect(await herder.restart('c', { includeTasks: false, onlyFailed: false })).toBeUndefined()
        const planned = await herder.restart('c', { includeTasks: true, onlyFailed: false })
        expect(planned?.tasks.map(({ state }) => state)).toEqual(['RESTARTING', 'RESTARTING'])
        await herder.restartTask({ connector: 'c', task: 1 })
        expect((await herder.tasks('c')).map(({ id }) => id.task)).toEqual([0, 1])
      }))

    test('carries topics and offsets without losing a digit', () =>
      withHerder(async (herder, cluster) => {
        await herder.create({ name: 'c', config })
        const offset = { partition: { filename: 'in.txt' }, offset: { position: 9007199254740993n, done: true } }
        cluster.produced('c', 'lines', offset)
        expect(await herder.activeTopics('c')).toEqual(['lines'])
        expect(await herder.offsets('c')).toEqual([offset])
        await herder.stop('c')
        expect(await herder.alterOffsets('c', [{ ...offset, offset: { position: 4 } }])).toBe(
          'The offsets for this connector have been altered successfully',
        )
        expect(await herder.offsets('c')).toEqual([{ ...offset, offset: { position: 4 } }])
        expect(await herder.resetOffsets('c')).toBe('The offsets for this connector have been reset successfully')
        expect(await herder.offsets('c')).toEqual([])
        await herder.resetActiveTopics('c')
        expect(await herder.activeTopics('c')).toEqual([])
        expect(await herder.activeTopics('nobody')).toEqual([])
      }))

    test('describes plugins and validates configs', () =>
      withHerder(async (herder) => {
        expect(await herder.plugins(true)).toEqual([{ class: FILE, type: 'source', version: '4.3.1' }])
        expect(await herder.plugins(false)).toHaveLength(2)
        expect(await herder.pluginConfig('FileStreamSource')).toEqual([
          expect.objectContaining({ name: 'topic', orderInGroup: -1, defaultValue: null, displayName: 'topic' }),
        ])
        const infos = await herder.validate('FileStreamSource', { 'connector.class': 'FileStreamSource' })
        expect(infos).toMatchObject({ name: 'FileStreamSource', errorCount: 1, groups: ['Common'] })
        expect(infos.configs[0]?.value).toMatchObject({ recommendedValues: ['a'], visible: true })
        expect(infos.configs[1]).toMatchObject({ definition: null, value: { name: 'x', visible: false } })
      }))

    test('shows and changes log levels', () =>
      withHerder(async (herder) => {
        expect(await herder.loggers()).toEqual({
          root: { level: 'INFO', lastModified: null },
          'sluice.runtime': { level: 'INFO', lastModified: null },
        })
        expect(await herder.setLogLevel('sluice', 'DEBUG', 'worker')).toEqual(['sluice', 'sluice.runtime'])
        expect(await herder.setLogLevel('sluice', 'WARN', 'cluster')).toEqual([])
        expect((await herder.loggers())['sluice.runtime']).toEqual({ level: 'WARN', lastModified: 1_760_000_000_000 })
      }))

    test('drains a worker and puts it back, and says which worker it does not know', () =>
      withHerder(async (herder) => {
        const [worker] = (await herder.cluster()).workers
        const id = worker?.id ?? ''
        const drain = await herder.drain(id)
        expect(drain).toMatchObject({ worker: id, state: 'drained', left: 0, waitsFor: null })
        expect((await herder.cluster()).drains).toEqual([drain])
        await herder.undrain(id)
        expect((await herder.cluster()).drains).toEqual([])
        await expect(herder.undrain(id)).rejects.toMatchObject({ code: 'DRAIN_NOT_FOUND' })
        await expect(herder.drain('nobody:1')).rejects.toMatchObject({
          code: 'WORKER_NOT_FOUND',
          message: expect.stringContaining(id),
        })
      }))

    test('shows the cluster, its log lines and its catalog', () =>
      withHerder(async (herder, cluster) => {
        const line = { id: 1, at: 5, level: 'WARN', worker: 'w', connector: 'c', logger: 'l', message: 'm' } as const
        cluster.logged(line)
        cluster.logged({ ...line, id: 2, connector: 'd' })
        expect(await herder.logs({ connector: 'c', limit: 10 })).toEqual([line])
        expect(await herder.logs({ after: 1, limit: 10 })).toEqual([{ ...line, id: 2, connector: 'd' }])
        expect(await herder.events({ connector: 'c d', kinds: ['log'], limit: 10 })).toEqual({
          entries: [
            { id: '0-0', at: 0, kind: 'log', level: 'INFO', worker: expect.any(String), message: 'log of c d' },
          ],
          older: '7',
          origin: 'topic',
        })
        const rest = await herder.events({
          connector: 'c',
          kinds: ['state', 'config'],
          limit: 1,
          level: 'WARN',
          task: 1,
        })
        expect(rest.entries.map(({ message }) => message)).toEqual(['state of c'])
        expect(await herder.connectorLogLevel('c')).toBeNull()
        const set = { level: 'DEBUG', until: 60 }
        expect(await herder.setConnectorLogLevel('c', { level: 'DEBUG', forSeconds: 60 })).toEqual(set)
        expect(await herder.connectorLogLevel('c')).toEqual(set)
        expect(await herder.setConnectorLogLevel('c', null)).toBeNull()
        expect(await herder.connectorLogLevel('c')).toBeNull()
        const enough = new AbortController()
        for await (const entry of herder.followEvents({ connector: 'c d', kinds: ['log'] }, '0-7', enough.signal)) {
          expect(entry).toMatchObject({ id: '0-0', kind: 'log', message: 'log of c d after 0-7' })
          enough.abort()
        }
        expect(await herder.stalls()).toEqual(await cluster.stalls())
        expect(await herder.taskless()).toEqual(await cluster.taskless())
        expect(await herder.throughput()).toEqual(await cluster.throughput())
        expect(await herder.policies('c')).toEqual(await cluster.policies('c'))
        expect(await herder.cluster()).toEqual(await cluster.cluster())
        expect(await herder.catalog()).toEqual(await cluster.catalog())
        expect(await herder.recordPlugins()).toEqual(await cluster.recordPlugins())
        const query = { limit: 5, connector: 'c', worker: 'a:1', before: '9' }
        expect(await herder.assignments(query)).toEqual(await cluster.assignments(query))
      }))

    test("fails with a stable code, Kafka's status and Kafka's words", () =>
      withHerder(async (herder) => {
        const none = 'none'
        await herder.create({ name: 'c', config })
        await fails(herder.create({ name: 'c', config }), 'CONNECTOR_EXISTS', 409, 'Connector c already exists')
        await fails(herder.info(none), 'CONNECTOR_NOT_FOUND', 404, 'Connector none not found')
        await fails(herder.stop(none), 'CONNECTOR_NOT_FOUND', 404, 'Unknown connector none')
        await fails(
          herder.taskStatus({ connector: 'c', task: 9 }),
          'TASK_NOT_FOUND',
          404,
          'No status found for task c-9',
        )
        await fails(herder.restartTask({ connector: 'c', task: 9 }), 'TASK_NOT_FOUND', 404, 'Unknown task: c-9')
        await fails(herder.pluginConfig('Nope'), 'PLUGIN_NOT_FOUND', 404, 'Unknown plugin Nope.')
        await fails(herder.resetOffsets('c'), 'BAD_REQUEST', 400, 'Connectors must be in the STOPPED state')
        await fails(
          herder.putConfig('c', { 'connector.class': FILE }),
          'CONFIG_INVALID',
          400,
          'contains the following 1 error(s):\nMissing required',
        )
      }))
  })
}
