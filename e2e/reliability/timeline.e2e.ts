import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { ask, inState, taskInState } from '#e2e/harness/rest.ts'
import { sluiceCommand } from '#e2e/harness/sluice-command.ts'
import { startSluiceWorker } from '#e2e/harness/sluice-worker.ts'
import { moodyClass, moodyPlugin } from '#e2e/reliability/moody-plugin.ts'
import { eventually } from '#e2e/start/eventually.ts'

/** The timeline, the logs and the verdicts on stalled tasks, by REST of real workers that are killed. */
let cluster: Cluster
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-moody-'))
  cluster = await startCluster({
    workers: 2,
    properties: {
      'plugin.path': moodyPlugin(folder),
      'sluice.events.enabled': 'true',
      'sluice.stall.interval.ms': '1000',
      'session.timeout.ms': '6000',
      'heartbeat.interval.ms': '1000',
    },
  })
})
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

interface Entry {
  id: string
  kind: string
  worker: string
  message: string
  level: string
  task?: number
  attempt?: number
  trace?: string
  detail?: Record<string, unknown>
}

const moodOf = (name: string) => cluster.file(`${name}.mood`)
const feel = (name: string, mood: string) => writeFileSync(moodOf(name), mood)
async function create(name: string, mood: string) {
  feel(name, mood)
  const config = { 'connector.class': moodyClass, topic: `${cluster.group}-${name}`, mood: moodOf(name) }
  await ask(cluster.workers[0]?.url ?? '', 'PUT', `/connectors/${name}/config`, config)
}
const entries = async (url: string, path: string): Promise<Entry[]> =>
  (await ask(url, 'GET', `/sluice/v1/connectors/${path}`)).body.entries
const holding = (url: string, path: string, what: string, is: (entry: Entry) => boolean) =>
  eventually(
    async () => {
      const found = await entries(url, path)
      return found.some(is) ? found : undefined
    },
    { withinMs: 45_000, what: `${path} to hold ${what}` },
  )
const ownerOf = (status: { tasks: { worker_id: string }[] }) =>
  cluster.workers.find(({ id }) => id === status.tasks[0]?.worker_id) as ConnectWorker
const otherThan = (worker: ConnectWorker) => cluster.workers.find((one) => one !== worker) as ConnectWorker

test('any worker tells what a connector logged and went through, also on a worker that was killed', async () => {
  const [first] = cluster.workers
  await create('orders', 'work')
  const owner = ownerOf(await inState(first?.url ?? '', 'orders', 'RUNNING'))
  const other = otherThan(owner)
  const before = await holding(other.url, 'orders/logs?text=NUMBER%206', 'the sixth line', () => true)
  expect(before[0]).toMatchObject({ kind: 'log', level: 'INFO', worker: owner.id, task: 0, attempt: 1 })
  expect(await entries(other.url, 'orders/logs?level=warn')).toEqual([])
  await owner.part.kill()
  const moved = await holding(
    other.url,
    'orders/timeline',
    'that it runs there',
    ({ worker, attempt, detail }) => worker === other.id && attempt === 2 && detail?.state === 'RUNNING',
  )
  expect(moved.map(({ message }) => message)).toContain(`Task orders-0 is UNASSIGNED: its worker ${owner.id} is gone`)
  const kept = await entries(other.url, `orders/logs?worker=${owner.id}&task=0&limit=5`)
  expect(kept).toHaveLength(5)
  expect(new Set(kept.map(({ worker, attempt }) => `${worker} ${attempt}`))).toEqual(new Set([`${owner.id} 1`]))
  const all = (await ask(other.url, 'GET', '/sluice/v1/timeline?kind=worker')).body.entries as Entry[]
  expect(all.map(({ detail }) => detail?.change)).toContain('gone')
  await owner.start()
  // The one that is back has read what it missed, and what it said itself in its earlier life.
  await holding(owner.url, 'orders/logs?attempt=2', 'lines of the other worker', ({ worker }) => worker === other.id)
  expect((await entries(owner.url, 'orders/logs?attempt=1')).length).toBeGreaterThan(0)
})

test('what is logged is followed live on any worker, from an entry on, and more of it for a while', async () => {
  const [first, second] = cluster.workers as [ConnectWorker, ConnectWorker]
  await create('chatty', 'work')
  await inState(first.url, 'chatty', 'RUNNING')
  const [start] = await holding(second.url, 'chatty/logs?text=published', 'a line', () => true)
  const enough = new AbortController()
  const live = await fetch(`${second.url}/sluice/v1/connectors/chatty/logs/live?text=number`, {
    headers: { accept: 'text/event-stream', 'last-event-id': start?.id ?? '' },
    signal: enough.signal,
  })
  expect(live.headers.get('content-type')).toBe('text/event-stream')
  expect(
    (await ask(second.url, 'PUT', '/sluice/v1/connectors/chatty/log-level', { level: 'DEBUG', for_seconds: 60 }))
      .status,
  ).toBe(200)
  expect((await ask(first.url, 'GET', '/sluice/v1/connectors/chatty/log-level')).body.level).toBe('DEBUG')
  let text = ''
  for await (const bytes of live.body ?? []) {
    text += new TextDecoder().decode(bytes)
    if (text.includes('thinking of number')) break
  }
  enough.abort()
  const numbers = [...text.matchAll(/published number (\d+)/g)].map(([, n]) => Number(n))
  const from = Number(start?.message.match(/\d+/)?.[0])
  expect(numbers).toEqual(numbers.map((_, i) => from + 1 + i))
})

test('R-I04: a task that hangs is stalled within twice the interval, in the words of Kafka Connect RUNNING, and well again afterwards', async () => {
  const [first] = cluster.workers as [ConnectWorker]
  await create('hanging', 'work')
  const owner = ownerOf(await inState(first.url, 'hanging', 'RUNNING'))
  const stalls = async () =>
    (await ask(owner.url, 'GET', '/sluice/v1/stalls')).body.filter(
      ({ connector }: { connector: string }) => connector === 'hanging',
    )
  expect(await stalls()).toEqual([])
  feel('hanging', 'hang')
  const [stall] = await eventually(async () => ((await stalls()).length > 0 ? await stalls() : undefined), {
    withinMs: 6_000,
    what: 'hanging to be stalled',
  })
  expect(stall).toMatchObject({ task: 0, worker: owner.id, stage: 'poll', interval_ms: 1_000 })
  expect(stall.reason).toBe('it has not come back, and does not answer its signal')
  const { body } = await ask(first.url, 'GET', '/connectors/hanging/status')
  expect(body.tasks[0].state).toBe('RUNNING')
  const metrics = await (await fetch(`${owner.url}/metrics`)).text()
  expect(metrics).toContain('kafka_connect_sluice_task_stalled{connector="hanging",task="0"} 1')
  const told = await holding(otherThan(owner).url, 'hanging/timeline', 'the stall', ({ kind }) => kind === 'stalled')
  const said = told.find(({ kind }) => kind === 'stalled')
  expect(said).toMatchObject({ worker: owner.id, detail: { stage: 'poll', intervalMs: 1_000 } })
  feel('hanging', 'quiet')
  await holding(first.url, 'hanging/timeline', 'the progress', ({ kind }) => kind === 'progress')
  expect(await stalls()).toEqual([])
})

test('R-I04: a source that has nothing is idle; one whose thread dies again and again has failed, and says of what', async () => {
  const [first] = cluster.workers as [ConnectWorker]
  await create('dying', 'exit')
  const status = await taskInState(first.url, 'dying', 'FAILED')
  expect(status.tasks[0].trace).toMatch(
    /^Error: Thread tasks-\d+ is lost while polling task dying-0\. It exited with code 7/,
  )
  await create('quiet', 'quiet')
  await inState(first.url, 'quiet', 'RUNNING')
  await holding(first.url, 'dying/timeline', 'its failure', ({ kind }) => kind === 'failure')
  const lost = 'Thread tasks-\\d+ is lost while polling task dying-0\\. It exited with code 7'
  for (const [where, words] of [
    ['dying/timeline', 'Task dying-0 is RESTARTING'],
    ['dying/logs?level=warn', 'Task dying-0 starts again'],
  ] as const) {
    const why = new RegExp(`^${words}: ${lost}`)
    await holding(first.url, where, 'why it began again', ({ level, message }) => level === 'WARN' && why.test(message))
  }
  for (const { url } of cluster.workers) {
    const { body } = await ask(url, 'GET', '/sluice/v1/stalls')
    expect(body.map(({ connector }: { connector: string }) => connector)).not.toContain('quiet')
  }
})

test('without the topic a worker keeps its own timeline and logs, also when it was killed', async () => {
  const { bootstrapServers, group } = cluster
  await using worker = await startSluiceWorker({
    ...{ bootstrapServers, group: `${group}-own`, folder },
    properties: {
      ...{ 'plugin.path': moodyPlugin(folder), 'sluice.events.enabled': 'false' },
      ...{ 'session.timeout.ms': '6000', 'heartbeat.interval.ms': '1000' },
    },
  })
  feel('alone', 'work')
  const config = { 'connector.class': moodyClass, topic: `${group}-alone`, mood: moodOf('alone') }
  await ask(worker.url, 'PUT', '/connectors/alone/config', config)
  const before = await holding(worker.url, 'alone/logs?text=NUMBER%206', 'the sixth line', () => true)
  await worker.part.kill()
  await worker.start()
  const after = await holding(
    worker.url,
    'alone/timeline',
    'that it runs again',
    ({ attempt, detail }) => attempt === 2 && detail?.state === 'RUNNING',
  )
  expect(after.some(({ kind }) => kind === 'config')).toBe(true)
  expect(await entries(worker.url, 'alone/logs?text=NUMBER%206&attempt=1')).toEqual(before)
})

/** What any worker says of one connector in a list that each keeps of its own. */
const saidOf = async (name: string, list: 'stalls' | 'taskless') => {
  const answers = await Promise.all(cluster.workers.map(({ url }) => ask(url, 'GET', `/sluice/v1/${list}`)))
  return answers.flatMap(({ body }) => body).filter(({ connector }: { connector: string }) => connector === name)
}
const saying = (name: string, list: 'stalls' | 'taskless', what: Record<string, unknown> | undefined) =>
  eventually(
    async () => {
      const [said] = await saidOf(name, list)
      const fits = what ? said && Object.entries(what).every(([key, value]) => said[key] === value) : !said
      return fits ? { said } : undefined
    },
    { withinMs: 9_000, what: `${list} to say ${JSON.stringify(what)} of ${name}` },
  )

test('R-I04: a connector that makes no tasks is said to have none, why, and that it has some at last', async () => {
  const [first, second] = cluster.workers as [ConnectWorker, ConnectWorker]
  await create('makerless', 'none')
  const { said } = await saying('makerless', 'taskless', { why: 'none-made' })
  const status = await inState(first.url, 'makerless', 'RUNNING', 0)
  expect(said.worker).toBe(status.connector.worker_id)
  const owner = cluster.workers.find(({ id }) => id === said.worker) as ConnectWorker
  const metrics = await (await fetch(`${owner.url}/metrics`)).text()
  expect(metrics).toContain('kafka_connect_sluice_connector_taskless{connector="makerless"} 1')
  feel('makerless', 'refuse')
  await saying('makerless', 'taskless', { why: 'failing', reason: 'no such table' })
  await saying('makerless', 'stalls', { stage: 'taskConfigs', reason: 'no such table', task: undefined })
  feel('makerless', 'quiet')
  await saying('makerless', 'taskless', undefined)
  await saying('makerless', 'stalls', undefined)
  await taskInState(first.url, 'makerless', 'RUNNING')
  const told = await holding(
    second.url,
    'makerless/timeline',
    'its tasks',
    ({ message }) => message === 'Connector makerless has tasks: 1',
  )
  const whys = told.filter(({ kind }) => kind === 'no-tasks').map(({ detail }) => detail?.why)
  expect(whys).toEqual(['none-made', 'failing'])
})

test('R-I04: a connector that hangs in its start, or while it makes tasks, is stalled there, and runs when it comes back', async () => {
  const [first] = cluster.workers as [ConnectWorker]
  await create('late', 'hang-start')
  await saying('late', 'stalls', { stage: 'start', task: undefined })
  feel('late', 'hang-tasks')
  await saying('late', 'stalls', { stage: 'taskConfigs', reason: 'it has not come back' })
  await inState(first.url, 'late', 'RUNNING', 0)
  feel('late', 'quiet')
  await saying('late', 'stalls', undefined)
  await taskInState(first.url, 'late', 'RUNNING')
  const told = await holding(first.url, 'late/timeline', 'its progress', ({ kind }) => kind === 'progress')
  expect(told.filter(({ kind }) => kind === 'stalled').map(({ detail }) => detail?.stage)).toEqual([
    'start',
    'taskConfigs',
  ])
})

test('R-I04: the command tells what hangs on any worker and what has no tasks, and its exit code says so', async () => {
  const [first] = cluster.workers as [ConnectWorker]
  const urls = ['127.0.0.1:1', ...cluster.workers.map(({ url }) => url)]
  const sluice = (args: string[], env: Record<string, string> = {}) => sluiceCommand(urls, args, env)
  await create('idle-now', 'quiet')
  await inState(first.url, 'idle-now', 'RUNNING')
  expect(await sluice(['status', 'idle-now'])).toMatchObject({ code: 0, err: '' })
  feel('idle-now', 'hang')
  await saying('idle-now', 'stalls', { stage: 'poll' })
  await create('none-now', 'none')
  await saying('none-now', 'taskless', { why: 'none-made' })

  const { code, out } = await sluice(['connectors'])
  expect(code).toBe(0)
  expect(out).toMatch(/^idle-now +STALLED +0\/1 /m)
  expect(out).toMatch(/^none-now +NO TASKS +0\/0 /m)
  expect(out).toMatch(
    /^ {2}idle-now +task 0 +STALLED +in poll for \d+ \w+ \(since [\dTZ:-]+\): it has not come back, and does not answer/m,
  )
  expect(await sluice(['status', 'idle-now'])).toMatchObject({ code: 3, out: expect.stringMatching(/task 0 +STALLED/) })
  expect(await sluice(['status', 'none-now'])).toMatchObject({ code: 0, out: expect.stringMatching(/tasks +NO TASKS/) })
  expect((await sluice(['connectors'], { FORCE_COLOR: '1' })).out).toContain('\x1b[31mSTALLED\x1b[39m')
  expect(await sluice(['status', 'idle-no'])).toMatchObject({ code: 1, err: expect.stringContaining('idle-now?') })
  feel('idle-now', 'quiet')
  await saying('idle-now', 'stalls', undefined)
})
