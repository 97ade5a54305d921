import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EventEntry } from '#server/contract/events.ts'
import type { Herder } from '#server/contract/herder.ts'
import { eventually } from '#server/runtime/test-tree/eventually.ts'
import { sourceClass } from '#server/runtime/test-tree/plugins.ts'
import { type RestartableKafka, startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { createTestGroup } from '#server/runtime/test-tree/test-group.ts'

let kafka: RestartableKafka
beforeAll(async () => {
  kafka = await startRestartableKafka()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const config = { 'connector.class': sourceClass, topic: 'lines', 'tasks.max': '1' }
const enabled = { 'sluice.events.enabled': 'true' }

/** What the timeline holds once it holds this. */
const timelineWith = (herder: Herder, what: string, is: (entry: EventEntry) => boolean) =>
  eventually(`${what} to stand in the timeline`, async () => {
    const { entries } = await herder.events({ limit: 1_000 })
    return entries.some(is) ? entries : undefined
  })

test('what a connector went through is told by every worker, also of one that was killed', async () => {
  await using group = createTestGroup(kafka.bootstrapServers, enabled)
  const first = await group.add()
  await first.started
  await group.settledAs(first)
  const second = await group.add()
  await second.started
  await group.settledAs(first, second)
  await second.rest.create({ name: 'c', config: { ...config, 'file.password': 'hunter-2' } })
  await group.settledAs(first, second)
  await second.rest.patchConfig('c', { 'file.password': 'hunter-3', extra: '1' })
  await second.rest.setTargetState('c', 'PAUSED')
  await second.rest.setTargetState('c', 'STARTED')
  await timelineWith(first.rest, 'that the task runs', ({ task, detail }) => task === 0 && detail?.state === 'RUNNING')
  const ran = await timelineWith(first.rest, 'the resume', ({ detail }) => detail?.target === 'STARTED')
  expect(ran.filter(({ kind }) => kind === 'config').map(({ message }) => message)).toEqual([
    'Connector c was created',
    'The config of connector c was changed: file.password changed; extra added',
  ])
  expect(JSON.stringify(ran)).not.toContain('hunter')
  expect(ran.filter(({ kind }) => kind === 'target').map(({ detail }) => detail?.target)).toEqual(['PAUSED', 'STARTED'])

  const { tasks } = await first.rest.status('c')
  const owner = [first, second].find(({ id }) => id === tasks[0]?.workerId) ?? first
  const other = owner === first ? second : first
  const before = Math.max(...ran.map(({ attempt = 0 }) => attempt))
  owner.kill()
  const after = await timelineWith(
    other.rest,
    'that the task runs elsewhere',
    ({ worker, attempt = 0, detail }) => worker === other.id && attempt > before && detail?.state === 'RUNNING',
  )
  expect(after.some(({ worker, task }) => worker === owner.id && task === 0)).toBe(true)
  expect(after).toContainEqual(
    expect.objectContaining({
      kind: 'worker',
      detail: { change: 'gone', workerId: owner.id, left: expect.any(Number) },
    }),
  )
})

test('failures are told with their trace, restarts with who asked for them', async () => {
  await using group = createTestGroup(kafka.bootstrapServers, { ...enabled, 'sluice.restart.policy': 'on-failure' })
  const worker = await group.add({ wishes: { failing: new Set(['bad-0']) } })
  await worker.started
  await group.settledAs(worker)
  await worker.rest.create({ name: 'good', config })
  await timelineWith(worker.rest, 'that it runs', ({ task, detail }) => task === 0 && detail?.state === 'RUNNING')
  await worker.rest.restart('good', { includeTasks: false, onlyFailed: false })
  await worker.rest.restartTask({ connector: 'good', task: 0 })
  const good = await timelineWith(
    worker.rest,
    'the second start',
    ({ attempt, detail }) => attempt === 2 && detail?.state === 'RUNNING',
  )
  expect(good.filter(({ kind }) => kind === 'restart').map(({ message, detail }) => [message, detail?.by])).toEqual([
    ['Somebody asked to restart connector good', 'person'],
    ['Somebody asked to restart task good-0', 'person'],
  ])
  await worker.rest.create({ name: 'bad', config })
  const bad = await timelineWith(
    worker.rest,
    'the restart',
    ({ kind, detail }) => kind === 'restart' && detail?.by === 'policy',
  )
  expect(bad.find(({ kind }) => kind === 'failure')).toMatchObject({
    ...{ connector: 'bad', task: 0, attempt: 1, level: 'ERROR' },
    ...{ message: 'Task bad-0 failed: Error: bad-0 failed', trace: 'Error: bad-0 failed' },
  })
})

test('what is logged of a connector is set on every worker, whoever is asked, and goes back by itself', async () => {
  await using group = createTestGroup(kafka.bootstrapServers, enabled)
  const heard: string[] = []
  const wishesOf = (name: string) => ({
    onLogLevel: (connector: string, level: string | null) => void heard.push(`${name} ${connector} ${level}`),
  })
  const first = await group.add({ wishes: wishesOf('first') })
  await first.started
  await group.settledAs(first)
  const second = await group.add({ wishes: wishesOf('second') })
  await second.started
  await group.settledAs(first, second)
  await first.rest.create({ name: 'c', config })
  const set = await second.rest.setConnectorLogLevel('c', { level: 'DEBUG', forSeconds: 1 })
  expect(set).toEqual({ level: 'DEBUG', until: expect.any(Number) })
  await eventually('both to have been told, and to have gone back', () => heard.length === 4)
  expect(heard.toSorted()).toEqual(['first c DEBUG', 'first c null', 'second c DEBUG', 'second c null'])
  expect(await first.rest.connectorLogLevel('c')).toBeNull()
  const told = await timelineWith(first.rest, 'the level', ({ kind }) => kind === 'log-level')
  expect(told.find(({ kind }) => kind === 'log-level')).toMatchObject({
    ...{ connector: 'c', worker: second.id, detail: { level: 'DEBUG', until: set?.until } },
  })
})
