import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import type { Herder } from '#server/contract/herder.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createLogLevels } from '#server/observe/log-levels.ts'
import { createLogMemory } from '#server/observe/log-memory.ts'
import { createStandaloneWorker } from '#server/runtime/standalone/standalone-worker.ts'
import { eventually } from '#server/runtime/test-tree/eventually.ts'
import { createOwnership, type Ownership } from '#server/runtime/test-tree/ownership.ts'
import { sinkClass, sourceClass } from '#server/runtime/test-tree/plugins.ts'
import { type RestartableKafka, startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { createTestHost, type HostWishes } from '#server/runtime/test-tree/test-host.ts'
import { readStandaloneConfig } from '#server/runtime/worker-config.ts'

let kafka: RestartableKafka
let folder: string
beforeAll(async () => {
  kafka = await startRestartableKafka()
  folder = await mkdtemp(join(tmpdir(), 'sluice-standalone-'))
})
afterAll(async () => {
  await kafka[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const address = '127.0.0.1:18083'
const config = { 'connector.class': sourceClass, topic: 'lines', 'tasks.max': '2' }

async function withWorker(
  run: (herder: Herder, ownership: Ownership) => Promise<void>,
  wishes: HostWishes = {},
): Promise<Ownership> {
  const ownership = createOwnership()
  const worker = createStandaloneWorker({
    config: readStandaloneConfig({
      'bootstrap.servers': kafka.bootstrapServers,
      'key.converter': 'JsonConverter',
      'value.converter': 'JsonConverter',
      'offset.storage.file.filename': join(folder, 'offsets.dat'),
    }),
    createPool: async ({ events }) => createTestHost(address, { ownership, events, wishes }),
    sink: () => undefined,
    levels: createLogLevels({ root: 'OFF', clock: systemClock }),
    memory: createLogMemory({ worker: () => address }),
    clock: systemClock,
    logger: quietLogger,
  })
  try {
    await worker.start(`http://${address}/`)
    await run(worker.herder, ownership)
  } finally {
    await worker[Symbol.asyncDispose]()
  }
  expect(ownership.heldBy(address)).toEqual([])
  return ownership
}

const becomes = (herder: Herder, name: string, states: string) =>
  eventually(`${name} to be ${states}`, async () => {
    const { connector, tasks } = await herder.status(name)
    return [connector, ...tasks].map(({ state }) => state).join(' ') === states
  })

test('a change is answered when it was carried out, and everything is put down at the end', () =>
  withWorker(async (herder, ownership) => {
    expect(await herder.health()).toMatchObject({ status: 'healthy' })
    expect(await herder.create({ name: 'c', config })).toMatchObject({ tasks: [{ task: 0 }, { task: 1 }] })
    expect(ownership.heldBy(address)).toEqual(['c-0', 'c-1', 'connector c'])
    expect((await herder.putConfig('c', { ...config, 'tasks.max': '3' })).info.tasks).toHaveLength(3)
    expect((await herder.patchConfig('c', { 'tasks.max': '1' })).tasks).toHaveLength(1)
    await becomes(herder, 'c', 'RUNNING RUNNING')
    expect((await herder.status('c')).connector).toMatchObject({ workerId: address })
    await herder.stop('c')
    expect(await herder.tasks('c')).toEqual([])
    expect(ownership.heldBy(address)).toEqual(['connector c'])
    await herder.setTargetState('c', 'STARTED')
    await becomes(herder, 'c', 'RUNNING RUNNING')
    await herder.create({
      name: 'd',
      config: { 'connector.class': sinkClass, topics: 'lines' },
      initialState: 'STOPPED',
    })
    await herder.delete('c')
    expect(ownership.heldBy(address)).toEqual(['connector d'])
    await expect(herder.status('c')).rejects.toThrow('No status found for connector c')
  }))

test('restarts a connector, a task, and what failed', async () => {
  const failing = new Set(['c-1'])
  await withWorker(
    async (herder, ownership) => {
      await herder.create({ name: 'c', config })
      await becomes(herder, 'c', 'RUNNING RUNNING FAILED')
      failing.clear()
      const plan = await herder.restart('c', { includeTasks: true, onlyFailed: true })
      expect(plan?.tasks.map(({ state }) => state)).toEqual(['RUNNING', 'RESTARTING'])
      await becomes(herder, 'c', 'RUNNING RUNNING RUNNING')
      await herder.restart('c', { includeTasks: false, onlyFailed: false })
      await herder.restartTask({ connector: 'c', task: 0 })
      expect(['connector c', 'c-0', 'c-1'].map(ownership.starts)).toEqual([2, 2, 2])
      await expect(herder.restartTask({ connector: 'c', task: 9 })).rejects.toThrow('Unknown task: c-9')
    },
    { failing },
  )
})

describe('a connector that cannot be carried out is an error, and stays configured', () => {
  test('because it does not start', () =>
    withWorker(
      async (herder) => {
        const refused = herder.create({ name: 'c', config })
        await expect(refused).rejects.toMatchObject({
          status: 500,
          message: 'Failed to transition connector c to state STARTED',
        })
        await becomes(herder, 'c', 'FAILED')
      },
      { failing: new Set(['c']) },
    ))

  test('because it makes more tasks than it may', () =>
    withWorker(async (herder) => {
      await expect(herder.create({ name: 'c', config: { ...config, count: '9' } })).rejects.toMatchObject({
        status: 500,
      })
      expect((await herder.status('c')).connector.trace).toContain('The connector c has generated 9 tasks')
      expect((await herder.putConfig('c', config)).info.tasks).toHaveLength(2)
    }))
})

test('a level for the cluster is a level for the one worker there is', () =>
  withWorker(async (herder) => {
    await herder.setLogLevel('sluice.alone', 'DEBUG', 'cluster')
    expect((await herder.loggers())['sluice.alone']).toMatchObject({ level: 'DEBUG' })
  }))
