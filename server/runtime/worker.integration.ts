import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import type { ConnectError, ErrorCode } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createLogLevels } from '#server/observe/log-levels.ts'
import { createLogMemory } from '#server/observe/log-memory.ts'
import { createPeers } from '#server/rest/client.ts'
import { eventually } from '#server/runtime/test-tree/eventually.ts'
import { sinkClass, sourceClass } from '#server/runtime/test-tree/plugins.ts'
import { type RestartableKafka, startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { createTestGroup, type TestGroup, type TestWorker } from '#server/runtime/test-tree/test-group.ts'
import { createWorker } from '#server/runtime/worker.ts'
import { readWorkerConfig } from '#server/runtime/worker-config.ts'

let kafka: RestartableKafka
beforeAll(async () => {
  kafka = await startRestartableKafka()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const config = { 'connector.class': sourceClass, topic: 'lines', 'tasks.max': '2' }

/** A group of so many workers, of which the first leads. */
async function withWorkers(count: number, run: (group: TestGroup, ...workers: TestWorker[]) => Promise<void>) {
  await using group = createTestGroup(kafka.bootstrapServers)
  for (let i = 0; i < count; i++) {
    const worker = await group.add()
    await worker.started
    await group.settledAs(...group.workers)
  }
  await run(group, ...group.workers)
  expect(group.ownership.violations).toEqual([])
}

const stateOf = async (herder: Herder, name: string) => {
  const { connector, tasks } = await herder.status(name)
  return [connector, ...tasks].map(({ state }) => state).join(' ')
}
const becomes = (herder: Herder, name: string, states: string) =>
  eventually(`${name} to be ${states}`, async () => (await stateOf(herder, name).catch(() => '')) === states)

const fails = async (work: Promise<unknown>, code: ErrorCode, status: number, message: string) => {
  const error = await work.then(
    () => undefined,
    (reason: ConnectError) => reason,
  )
  expect(error).toMatchObject({ code, status, message: expect.stringContaining(message) })
}

test('a worker measures its group, what it runs, and how starts went, and forgets what is gone', () =>
  withWorkers(2, async (group, first, second) => {
    const workers = [first, second] as TestWorker[]
    const lines = (name: string) =>
      workers
        .flatMap(({ worker }) => worker.metrics().split('\n'))
        .filter((line) => line.startsWith(`kafka_connect_${name}`))
    const sum = (name: string) => lines(name).reduce((total, line) => total + Number(line.split(' ').at(-1)), 0)
    await first?.rest.create({ name: 'c', config })
    await becomes(first?.rest as Herder, 'c', 'RUNNING RUNNING RUNNING')
    const { generation } = await group.settledAs(...workers)
    expect([sum('worker_connector_count '), sum('worker_task_count ')]).toEqual([1, 2])
    expect(sum('connector_task_status{connector="c",task="1",status="running"}')).toBe(1)
    expect(sum('worker_task_startup_failure_total ')).toBe(0)
    expect(lines('connector_connector_class{connector="c"')).toEqual([
      `kafka_connect_connector_connector_class{connector="c",connector_class="${sourceClass}"} 1`,
    ])
    await eventually('both to stand in the same round', async () => {
      const told = (name: string) => lines(`worker_rebalance_${name} `).map((line) => line.split(' ')[1])
      return told('rebalancing').join() === '0,0' && told('epoch').join() === `${generation},${generation}`
    })
    expect(sum('worker_rebalance_completed_rebalances_total ')).toBeGreaterThanOrEqual(3)
    expect(new Set(lines('worker_rebalance_leader_name')).size).toBe(1)
    await first?.rest.delete('c')
    await eventually('its metrics to be gone', async () =>
      workers.every(({ worker }) => !worker.metrics().includes('connector=')),
    )
  }))

// What every herder promises, asked of the worker itself and over HTTP of a worker that has to ask the leader.
describe.each([
  ['a worker in process', 1, ([first]: TestWorker[]) => first?.worker.herder as Herder],
  ['a follower over HTTP', 2, ([, second]: TestWorker[]) => second?.rest as Herder],
])('%s', (_, count, herderOf) => {
  const withHerder = (run: (herder: Herder, group: TestGroup) => Promise<void>) =>
    withWorkers(count, (group, ...workers) => run(herderOf(workers), group))

  test('creates, shows, changes and deletes a connector whatever its name, and each answer is seen by the next question', () =>
    withHerder(async (herder) => {
      for (const name of [
        'orders',
        'orders-0',
        'with space',
        'a/b',
        'a%b',
        'uni中😀',
        'q\'"',
        'a?b#c',
        'x\\y',
        '__proto__',
      ]) {
        expect(await herder.create({ name, config })).toMatchObject({
          name,
          config: { ...config, name },
          type: 'source',
        })
        expect(await herder.list()).toEqual([name])
        expect(await herder.config(name)).toEqual({ ...config, name })
        expect(await herder.putConfig(name, { ...config, topic: 'b' })).toMatchObject({
          created: false,
          info: { config: { topic: 'b' } },
        })
        expect((await herder.patchConfig(name, { 'tasks.max': null, extra: '1' })).config).toEqual({
          ...{ 'connector.class': sourceClass, topic: 'b', name, extra: '1' },
        })
        await herder.delete(name)
        expect(await herder.list()).toEqual([])
      }
    }))

  test('creates in the state that was asked for, and moves between states', () =>
    withHerder(async (herder) => {
      await herder.create({ name: 'c', config, initialState: 'STOPPED' })
      await becomes(herder, 'c', 'STOPPED')
      await herder.setTargetState('c', 'STARTED')
      await becomes(herder, 'c', 'RUNNING RUNNING RUNNING')
      await herder.setTargetState('c', 'PAUSED')
      await becomes(herder, 'c', 'PAUSED PAUSED PAUSED')
      await herder.stop('c')
      await herder.stop('c')
      await becomes(herder, 'c', 'STOPPED')
      expect(await herder.tasks('c')).toEqual([])
    }))

  test('restarts a connector, a task, everything, and what failed alone', () =>
    withHerder(async (herder, { ownership }) => {
      await herder.create({ name: 'c', config })
      await becomes(herder, 'c', 'RUNNING RUNNING RUNNING')
      const starts = () => ['connector c', 'c-0', 'c-1'].map(ownership.starts)
      const [connector = 0, first = 0, second = 0] = starts()
      expect(await herder.restart('c', { includeTasks: false, onlyFailed: false })).toBeUndefined()
      expect(starts()).toEqual([connector + 1, first, second])
      await herder.restartTask({ connector: 'c', task: 1 })
      expect(starts()).toEqual([connector + 1, first, second + 1])
      await becomes(herder, 'c', 'RUNNING RUNNING RUNNING')
      const plan = await herder.restart('c', { includeTasks: true, onlyFailed: true })
      expect(plan?.tasks.map(({ state }) => state)).toEqual(['RUNNING', 'RUNNING'])
      const all = await herder.restart('c', { includeTasks: true, onlyFailed: false })
      expect([all?.connector, ...(all?.tasks ?? [])].map((one) => one?.state)).toEqual(Array(3).fill('RESTARTING'))
      await eventually('the restarts', () => starts().join() === [connector + 2, first + 1, second + 2].join())
      await becomes(herder, 'c', 'RUNNING RUNNING RUNNING')
    }))

  test('shows and changes offsets of a stopped connector only', () =>
    withHerder(async (herder) => {
      const at = (position: number) => ({ partition: { filename: 'a' }, offset: { position } })
      await herder.create({ name: 'c', config, initialState: 'STOPPED' })
      expect(await herder.alterOffsets('c', [at(4)])).toContain('have been altered successfully')
      expect(await herder.offsets('c')).toEqual([at(4)])
      expect(await herder.resetOffsets('c')).toContain('have been reset successfully')
      expect(await herder.offsets('c')).toEqual([])
      await herder.setTargetState('c', 'STARTED')
      await becomes(herder, 'c', 'RUNNING RUNNING RUNNING')
      await fails(herder.alterOffsets('c', [at(5)]), 'BAD_REQUEST', 400, 'Connectors must be in the STOPPED state')
    }))

  test("fails with a stable code, Kafka's status and Kafka's words", () =>
    withHerder(async (herder) => {
      await herder.create({ name: 'c', config })
      await becomes(herder, 'c', 'RUNNING RUNNING RUNNING')
      await fails(herder.create({ name: 'c', config }), 'CONNECTOR_EXISTS', 409, 'Connector c already exists')
      await fails(herder.info('none'), 'CONNECTOR_NOT_FOUND', 404, 'Connector none not found')
      await fails(herder.patchConfig('none', {}), 'CONNECTOR_NOT_FOUND', 404, 'Connector none not found')
      await fails(herder.delete('none'), 'CONNECTOR_NOT_FOUND', 404, 'Connector none not found')
      await fails(herder.stop('none'), 'CONNECTOR_NOT_FOUND', 404, 'Unknown connector none')
      await fails(herder.setTargetState('none', 'PAUSED'), 'CONNECTOR_NOT_FOUND', 404, 'Unknown connector none')
      await fails(
        herder.restart('none', { includeTasks: true, onlyFailed: false }),
        'CONNECTOR_NOT_FOUND',
        404,
        'Unknown connector: none',
      )
      await fails(herder.restartTask({ connector: 'c', task: 9 }), 'TASK_NOT_FOUND', 404, 'Unknown task: c-9')
      await fails(herder.taskStatus({ connector: 'c', task: 9 }), 'TASK_NOT_FOUND', 404, 'No status found for task c-9')
      await fails(herder.pluginConfig('Nope'), 'PLUGIN_NOT_FOUND', 404, 'Unknown plugin Nope.')
      await fails(
        herder.putConfig('c', { 'connector.class': sourceClass }),
        'CONFIG_INVALID',
        400,
        'contains the following 1 error(s):\nMissing required configuration "topic"',
      )
      expect((await herder.config('c')).topic).toBe('lines')
    }))

  test('describes plugins, validates configs and shows its loggers', () =>
    withHerder(async (herder) => {
      expect((await herder.plugins(true)).map(({ class: name }) => name).sort()).toEqual(
        [sourceClass, sinkClass].sort(),
      )
      expect((await herder.validate('TickSource', { 'connector.class': 'TickSource' })).errorCount).toBe(2) // name, topic
      expect(await herder.loggers()).toHaveProperty('root')
      expect(await herder.health()).toMatchObject({ status: 'healthy' })
    }))
})

describe('two workers', () => {
  test('a write through one is seen by the other once it is answered and the other has read on', () =>
    withWorkers(2, async (_, first, second) => {
      for (let i = 0; i < 20; i++) {
        await second?.rest.create({ name: `c${i}`, config, initialState: 'STOPPED' })
        await first?.rest.delete(`c${i}`)
        await fails(first?.rest.info(`c${i}`) as Promise<unknown>, 'CONNECTOR_NOT_FOUND', 404, 'not found')
      }
    }))

  test('a change that is sent while a rebalance is under way is carried out after it', () =>
    withWorkers(2, async (group, first) => {
      await first?.rest.create({ name: 'c', config: { ...config, 'tasks.max': '4' } })
      const third = group.add()
      const changes = Array.from({ length: 20 }, (_, i) =>
        first?.rest.putConfig('c', { ...config, 'tasks.max': '4', topic: `t${i}` }),
      )
      await Promise.all(changes)
      expect((await first?.rest.config('c'))?.topic).toMatch(/^t\d+$/)
      await group.settledAs(first as TestWorker, group.workers[1] as TestWorker, await third)
    }))

  test('two creates of one name at the same time are one that succeeds and one that is told', () =>
    withWorkers(2, async (_, first, second) => {
      const both = await Promise.allSettled([first, second].map((one) => one?.rest.create({ name: 'c', config })))
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    }))
})

describe('I9: what goes wrong with one connector is its own', () => {
  test('a start that hangs keeps neither others, nor a rebalance, nor its own deletion waiting', async () => {
    await using group = createTestGroup(kafka.bootstrapServers)
    const first = await group.add({ wishes: { hanging: new Set(['hangs']) } })
    await first.started
    await first.rest.create({ name: 'hangs', config })
    await first.rest.create({ name: 'c', config })
    await becomes(first.rest, 'c', 'RUNNING RUNNING RUNNING')
    const second = await group.add()
    await second.started
    await eventually('the second to take its share', () => group.ownership.heldBy(second.id).length > 0)
    await first.rest.delete('hangs')
    await group.settledAs(first, second)
    expect(await first.rest.list()).toEqual(['c'])
  })

  test('a connector that does not start and a task that fails say why, and come up again when they can', async () => {
    await using group = createTestGroup(kafka.bootstrapServers)
    const failing = new Set(['c'])
    const { rest, started } = await group.add({ wishes: { failing } })
    await started
    await rest.create({ name: 'c', config })
    await becomes(rest, 'c', 'FAILED')
    expect((await rest.status('c')).connector.trace).toContain('c does not start')
    await fails(
      rest.restart('c', { includeTasks: false, onlyFailed: false }),
      'START_FAILED',
      500,
      'Failed to start connector: c',
    )
    failing.clear()
    failing.add('c-1')
    await rest.restart('c', { includeTasks: false, onlyFailed: false })
    await becomes(rest, 'c', 'RUNNING RUNNING FAILED')
    failing.clear()
    await rest.restart('c', { includeTasks: true, onlyFailed: true })
    await becomes(rest, 'c', 'RUNNING RUNNING RUNNING')
  })

  test('a connector that makes too many tasks is FAILED in the words of Kafka Connect, until its config allows them', async () => {
    await using group = createTestGroup(kafka.bootstrapServers)
    const { rest, started } = await group.add()
    await started
    await rest.create({ name: 'c', config: { ...config, count: '3' } })
    await becomes(rest, 'c', 'FAILED')
    expect((await rest.status('c')).connector.trace).toContain(
      'The connector c has generated 3 tasks, which is greater than 2',
    )
    await rest.patchConfig('c', { 'tasks.max': '3' })
    await becomes(rest, 'c', 'RUNNING RUNNING RUNNING RUNNING')
  })
})

describe('I11: what was deleted stays deleted', () => {
  test('and a connector of the same name begins without what was left of it', () =>
    withWorkers(2, async (_, first, second) => {
      const { rest } = second as TestWorker
      await rest.create({ name: 'c', config })
      await becomes(rest, 'c', 'RUNNING RUNNING RUNNING')
      await rest.setTargetState('c', 'PAUSED')
      await Promise.all([first?.rest.delete('c'), rest.setTargetState('c', 'PAUSED').catch(() => undefined)])
      await rest.create({ name: 'c', config })
      await becomes(rest, 'c', 'RUNNING RUNNING RUNNING')
    }))
})

describe('I10: Kafka', () => {
  test('that is away when a worker starts is waited for, and the doors say so meanwhile', async () => {
    await using group = createTestGroup(kafka.bootstrapServers)
    await kafka.stop()
    const { rest, started } = await group.add()
    expect(await rest.health().catch((error: ConnectError) => error)).toMatchObject({
      message: expect.stringContaining('connecting to Kafka'),
    })
    await kafka.start()
    await started
    await rest.create({ name: 'c', config })
    await becomes(rest, 'c', 'RUNNING RUNNING RUNNING')
  })

  test('that goes away for a while costs nothing but time: everything runs again by itself', () =>
    withWorkers(2, async (group, first, second) => {
      const workers = [first as TestWorker, second as TestWorker]
      await first?.rest.create({ name: 'c', config: { ...config, 'tasks.max': '4' } })
      await group.settledAs(...workers)
      await kafka.stop()
      await eventually('the workers to put everything down', () =>
        workers.every(({ id }) => group.ownership.heldBy(id).length === 0),
      )
      await kafka.start()
      await group.settledAs(...workers)
      await becomes(workers[1]?.rest as Herder, 'c', 'RUNNING RUNNING RUNNING RUNNING RUNNING')
    }))

  test('that is restarted quickly disturbs nobody', () =>
    withWorkers(1, async (group, first) => {
      await first?.rest.create({ name: 'c', config })
      await group.settledAs(first as TestWorker)
      await kafka.stop()
      await kafka.start()
      await first?.rest.putConfig('c', { ...config, topic: 'other' })
      await becomes(first?.rest as Herder, 'c', 'RUNNING RUNNING RUNNING')
    }))
})

test('what answers in HTTP at the address of Kafka is told as that, once for all who wait for Kafka', async () => {
  let left = Number.POSITIVE_INFINITY
  const warnings: string[] = []
  const tried = Promise.withResolvers<string[]>()
  const noBroker = createServer((socket) => {
    if (--left === 0) tried.resolve([...warnings])
    socket.on('error', () => undefined)
    socket.resume() // or its end would never be noticed
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
  })
  await new Promise<void>((resolve) => noBroker.listen(0, '127.0.0.1', resolve))
  const { port } = noBroker.address() as AddressInfo
  const logger = { ...quietLogger, child: () => logger, warn: (message: string) => void warnings.push(message) }
  const levels = createLogLevels({ root: 'OFF', clock: systemClock })
  const topics = ['config', 'offset', 'status'].map((kind) => [`${kind}.storage.topic`, kind])
  const converters = ['key', 'value'].map((side) => [`${side}.converter`, 'JsonConverter'])
  const worker = createWorker({
    config: readWorkerConfig({
      ...{ 'bootstrap.servers': `127.0.0.1:${port}`, 'group.id': 'g' },
      ...Object.fromEntries([...topics, ...converters]),
    }),
    createPool: () => Promise.reject(new Error('nobody gets that far')),
    ...{ peers: createPeers(), sink: () => undefined, levels, memory: createLogMemory({ worker: () => 'w' }) },
    ...{ clock: systemClock, logger },
  })
  const started = worker.start('http://127.0.0.1:1/')
  started.catch(() => undefined) // it is stopped before
  await eventually('a warning', async () => warnings.length > 0)
  left = 4
  const root = worker.herder.root()
  root.catch(() => undefined) // so is this
  expect(await tried.promise).toEqual([
    expect.stringMatching(/^Kafka cannot be reached, trying again: .*: it answers in HTTP, not in Kafka's protocol: /),
  ])
  await worker[Symbol.asyncDispose]()
  await new Promise((resolve) => noBroker.close(resolve))
})

describe('a stop', () => {
  const stopped = async (worker: TestWorker) => {
    const before = performance.now()
    await worker[Symbol.asyncDispose]()
    return performance.now() - before
  }

  test('while the worker still looks for Kafka takes no time', async () => {
    await using group = createTestGroup(kafka.bootstrapServers)
    await kafka.stop()
    const worker = await group.add()
    expect(await stopped(worker)).toBeLessThan(3_000)
    await expect(worker.started).rejects.toMatchObject({ code: 'WORKER_STOPPING' })
    await kafka.start()
  })

  test('while it reads its topics or joins its group takes no time', async () => {
    await using group = createTestGroup(kafka.bootstrapServers)
    const stayed = await group.add()
    await stayed.started
    for (let waitMs = 0; waitMs <= 100; waitMs += 20) {
      const worker = await group.add()
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      expect(await stopped(worker)).toBeLessThan(3_000)
    }
    await group.settledAs(stayed)
  })

  test('in the middle of a rebalance leaves everything to the others', () =>
    withWorkers(2, async (group, first, second) => {
      await first?.rest.create({ name: 'c', config: { ...config, 'tasks.max': '4' } })
      await group.settledAs(first as TestWorker, second as TestWorker)
      const joining = group.add()
      await second?.[Symbol.asyncDispose]()
      await group.settledAs(first as TestWorker, await joining)
    }))

  test('while Kafka is away ends within a few seconds', () =>
    withWorkers(1, async (group, first) => {
      await first?.rest.create({ name: 'c', config })
      await group.settledAs(first as TestWorker)
      await kafka.stop()
      expect(await stopped(first as TestWorker)).toBeLessThan(8_000)
      await kafka.start()
    }))

  test('says of what it ran that nobody runs it', () =>
    withWorkers(2, async (group, first, second) => {
      await first?.rest.create({ name: 'c', config, initialState: 'PAUSED' })
      await group.settledAs(first as TestWorker, second as TestWorker)
      await first?.[Symbol.asyncDispose]()
      await group.settledAs(second as TestWorker)
      await becomes(second?.rest as Herder, 'c', 'PAUSED')
      expect((await second?.rest.status('c'))?.connector.workerId).toBe(second?.id)
    }))
})
