import { expect, test } from 'vitest'
import { terminal, wellHerder } from '#server/cli/test-tree/terminal.ts'
import { type Clock, systemClock } from '#server/contract/clock.ts'
import type { ConnectorStatus, StalledInstance, TasklessConnector } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'

const config = { 'connector.class': 'FileStreamSource', file: 'in.txt', topic: 'lines', 'tasks.max': '2' }
const at = Date.now() - 240_000
const since = new Date(at).toISOString().replace(/\.\d+Z/, 'Z')
const stall = (connector: string, rest: Partial<StalledInstance> = {}): StalledInstance => ({
  ...{ connector, task: 1, worker: 'w1:1', stage: 'put', since: at, reason: 'it has not\n  come back' },
  ...{ intervalMs: 60_000, ...rest },
})
const hangingConnector = (connector: string): StalledInstance => {
  const { task: _, ...own } = stall(connector, { stage: 'start' })
  return own
}
const none = (connector: string, rest: Partial<TasklessConnector> = {}): TasklessConnector => ({
  ...{ connector, worker: 'w1:1', why: 'none-made', since: at, reason: 'it made none', ...rest },
})

/** A group of workers, of which each knows only what hangs on itself; `undefined` for one that does not answer. */
async function group(
  workers: Record<string, { stalls?: StalledInstance[]; taskless?: TasklessConnector[] } | undefined>,
  statusOf: (status: ConnectorStatus) => ConnectorStatus | null = (status) => status,
) {
  const memory = wellHerder()
  const views = Object.keys(workers).map((id) => ({ id, url: id, leader: false, connectors: [], tasks: [] }))
  const herder: Herder = {
    ...memory,
    cluster: async () => ({ ...(await memory.cluster()), workers: views }),
    status: async (name) => {
      const status = statusOf(await memory.status(name))
      if (status) return status
      throw new ConnectError('STATUS_NOT_FOUND', 'none yet')
    },
    listExpanded: async () =>
      (await memory.listExpanded()).map((each) => ({ ...each, status: each.status && statusOf(each.status) })),
  }
  const gone = () => Promise.reject(new ConnectError('WORKER_UNREACHABLE', 'gone'))
  const workerAt = (url: string): Herder => {
    const own = workers[url]
    if (!own) return { ...memory, stalls: gone, taskless: gone }
    return { ...memory, stalls: async () => own.stalls ?? [], taskless: async () => own.taskless ?? [] }
  }
  await memory.create({ name: 'a', config })
  await memory.create({ name: 'b', config })
  return terminal(herder, undefined, workerAt)
}
const cells = (line: string | undefined) => line?.trim().split(/ {2,}/)
const withoutTasks = (status: ConnectorStatus): ConnectorStatus => ({ ...status, tasks: [] })

test('a task that hangs on any worker is stalled in the list and below it, with its stage, since when and why', async () => {
  const { run } = await group({ 'w1:1': {}, 'w2:1': { stalls: [stall('b', { worker: 'w2:1' })] } })
  const { out, code } = await run('connectors')
  const lines = out.split('\n')
  expect(cells(lines[1])?.slice(0, 3)).toEqual(['a', 'RUNNING', '2/2'])
  expect(cells(lines[2])?.slice(0, 3)).toEqual(['b', 'STALLED', '1/2'])
  expect(lines.slice(3)).toEqual([
    '',
    '1 of 2 needs a look:',
    `  b  task 1  STALLED  in put for 4 min (since ${since}): it has not come back`,
  ])
  expect(code).toBe(0)
})

test('status tells a stalled task among the others, and exits 3', async () => {
  const { run } = await group({ 'w1:1': { stalls: [stall('b')] } })
  const { out, code } = await run('status', 'b')
  expect(out.split('\n').map(cells).slice(2)).toEqual([
    ['connector', 'RUNNING', '127.0.0.1:8083'],
    ['task 0', 'RUNNING', '127.0.0.1:8083'],
    ['task 1', 'STALLED', 'w1:1', `in put for 4 min (since ${since}): it has not come back`],
  ])
  expect(code).toBe(3)
  expect((await run('status', 'a')).code).toBe(0)
  expect((await run('status')).code).toBe(3)
  const [told] = JSON.parse((await run('status', 'b', '--json')).out)
  expect(told).toMatchObject({
    name: 'b',
    stalls: [{ task: 1, stage: 'put', since: at, interval_ms: expect.any(Number) }],
    taskless: null,
  })
})

test('a task that hangs in its start is told although it has no status, and so is a connector', async () => {
  const stalls = [stall('a'), hangingConnector('b')]
  const starting = await group({ 'w1:1': { stalls } }, (status) => (status.name === 'b' ? null : withoutTasks(status)))
  const { out } = await starting.run('connectors')
  expect(out.split('\n').slice(1, 3).map(cells)).toEqual([
    ['a', 'STALLED', '0/1', 'source', '127.0.0.1:8083 w1:1'],
    ['b', 'STALLED', '-', 'unknown', 'w1:1'],
  ])
  const { out: told, code } = await starting.run('status', 'b')
  expect(told).toMatch(/connector +STALLED +w1:1 +in start for 4 min/)
  expect(code).toBe(3)
})

test('what failed or was paused is not called stalled', async () => {
  const { run } = await group({ 'w1:1': { stalls: [stall('a'), stall('b')] } }, (status) => ({
    ...status,
    tasks: status.tasks.map((task) => ({ ...task, state: status.name === 'a' ? 'FAILED' : 'PAUSED' })),
  }))
  const { out } = await run('status')
  expect(out).not.toContain('STALLED')
  expect(out).toContain('FAILED')
})

test('a connector that made no tasks is told with the reason and exits 0; one that cannot make any exits 3', async () => {
  const made = await group({ 'w1:1': { taskless: [none('b')] } }, withoutTasks)
  const listed = (await made.run('connectors')).out
  expect(listed).toMatch(/^b +NO TASKS +0\/0/m)
  expect(listed).toContain(`  b  tasks  NO TASKS  none for 4 min (since ${since}): it made none`)
  expect(await made.run('status', 'b')).toMatchObject({ code: 0, out: expect.stringMatching(/tasks +NO TASKS +w1:1/) })
  const failing = await group(
    { 'w1:1': { taskless: [none('b', { why: 'failing', reason: 'no such table' })] } },
    withoutTasks,
  )
  expect(await failing.run('status', 'b')).toMatchObject({
    code: 3,
    out: expect.stringContaining('they cannot be made, no such table'),
  })
  const hasThem = await group({ 'w1:1': { taskless: [none('b')] } })
  expect((await hasThem.run('status', 'b')).out).not.toContain('NO TASKS')
})

test('of a connector with many tasks in trouble the list names three', async () => {
  const tasks = Array.from({ length: 9 }, (_, id) => ({ id, state: 'FAILED' as const, workerId: 'w1:1', trace: 'x' }))
  const { run } = await group({ 'w1:1': {} }, (status) => ({ ...status, tasks }))
  const { out } = await run('connectors')
  expect(out.match(/ task \d/g)).toHaveLength(6)
  expect(out).toContain('  b  6 more')
})

test('that a worker does not answer is said, and the others are told', async () => {
  const { run } = await group({ 'w1:1': undefined, 'w2:1': { stalls: [stall('b', { worker: 'w2:1' })] } })
  const { out, code } = await run('connectors')
  expect(out).toMatch(/^b +STALLED/m)
  expect(out).toContain('\n\nWhat is stalled on w1:1 is not known: no answer from there.')
  expect(code).toBe(0)
})

test('a cluster that cannot say who is in it costs nothing but what is stalled', async () => {
  const herder = { ...wellHerder(), cluster: () => Promise.reject(new ConnectError('REBALANCE_EXPECTED', 'wait')) }
  await herder.create({ name: 'a', config })
  expect(await terminal(herder).run('connectors')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^a +RUNNING[\s\S]*What is stalled is not known: wait$/m),
  })
})

test('a leader that says nothing keeps the list for a few seconds only', async () => {
  const slept: number[] = []
  const clock: Clock = { ...systemClock, sleep: async (ms) => void slept.push(ms) }
  const herder: Herder = { ...wellHerder(), cluster: () => new Promise(() => undefined) }
  await herder.create({ name: 'a', config })
  const { out } = await terminal(herder, undefined, undefined, clock).run('connectors')
  expect(out).toMatch(/^a +RUNNING[\s\S]*What is stalled is not known: the cluster does not say who is in it\.$/m)
  expect(slept).toEqual([8_000])
})

test('a cluster of Apache Kafka Connect is shown as it always was, without a word about what it cannot tell', async () => {
  const unsupported = () => Promise.reject(new ConnectError('UNSUPPORTED', 'not run by Sluice'))
  const herder = { ...wellHerder(), cluster: unsupported, stalls: unsupported, taskless: unsupported }
  await herder.create({ name: 'a', config })
  const { run } = terminal(herder)
  expect((await run('connectors')).out.split('\n').map((line) => line.trimEnd())).toEqual([
    'NAME  STATE    TASKS  TYPE    WORKERS',
    'a     RUNNING  2/2    source  127.0.0.1:8083',
  ])
  expect(await run('status', 'a')).toMatchObject({ code: 0 })
  expect(Object.keys(JSON.parse((await run('status', '--json')).out)[0])).toEqual(['name', 'status'])
})
