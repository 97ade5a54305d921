import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { ask, askSettled } from '#e2e/harness/rest.ts'
import { create } from '#e2e/reliability/file-pair.ts'
import { eventually } from '#e2e/start/eventually.ts'

/** Three workers with every setting of the group at its default; what they move is read of their history. */
let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster({ workers: 3, properties: { 'sluice.events.enabled': 'true' } })
  const [first] = cluster.workers as [ConnectWorker]
  await create(first, 'load', {
    'connector.class': 'sluice.datagen.DatagenSourceConnector',
    kind: 'orders',
    topic: `${cluster.group}-orders`,
    rate: '1',
    'tasks.max': '6',
  })
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

/** By what runs there, once everything runs on exactly these workers. */
const runningOn = (asked: ConnectWorker, workers: readonly ConnectWorker[], withinMs: number) =>
  eventually(
    async () => {
      const { status, body } = await ask(asked.url, 'GET', '/connectors/load/status')
      if (status !== 200 || body.tasks.length !== 6) return undefined
      const all: { state: string; worker_id: string }[] = [body.connector, ...body.tasks]
      const owners = new Set(all.map(({ worker_id }) => worker_id))
      if (!all.every(({ state }) => state === 'RUNNING') || owners.size !== workers.length) return undefined
      if (!workers.every(({ id }) => owners.has(id))) return undefined
      return new Map(body.tasks.map((task: { id: number; worker_id: string }) => [task.id, task.worker_id]))
    },
    { withinMs, what: `everything runs on ${workers.map(({ id }) => id).join(', ')}` },
  )

interface Move {
  task?: number
  from: string | null
  to: string
}

/** What the newest rebalance moved that has this cause. */
async function movesOf(asked: ConnectWorker, kind: string, worker: ConnectWorker): Promise<Move[]> {
  return eventually(
    async () => {
      const { body } = await askSettled(asked.url, 'GET', `/sluice/v1/assignments?worker=${worker.id}`)
      const [newest] = body.history as { causes: { kind: string; workers?: string[] }[]; moves: Move[] }[]
      const isIt = newest?.causes.some((cause) => cause.kind === kind && cause.workers?.includes(worker.id))
      return isIt ? newest?.moves : undefined
    },
    { withinMs: 30_000, what: `${asked.id} tells that ${worker.id} is ${kind}` },
  )
}

/** How long it takes until nothing is said to be RUNNING on a worker that is gone: it lies UNASSIGNED, or runs elsewhere. */
async function saidGone(asked: ConnectWorker, gone: ConnectWorker, withinMs: number): Promise<number> {
  const goneAt = performance.now()
  return eventually(
    async () => {
      const { status, body } = await ask(asked.url, 'GET', '/connectors/load/status')
      if (status !== 200) return undefined
      const all: { state: string; worker_id: string }[] = [body.connector, ...body.tasks]
      const lies = all.some(({ state, worker_id }) => state === 'RUNNING' && worker_id === gone.id)
      return lies ? undefined : performance.now() - goneAt
    },
    { withinMs, what: `nothing is said to run on ${gone.id}` },
  )
}

const tasksOf = (placed: ReadonlyMap<unknown, unknown>, worker: ConnectWorker) =>
  [...placed].filter(([, owner]) => owner === worker.id).map(([task]) => task)

test.each([
  // Stated: 15 s after a kill (10 s of them the session), of which the status tells after 11 s; 2 s after a stop.
  ['kill', 'lost', 33_000, 45_000],
  ['stop', 'left', 6_000, 15_000],
] as const)(
  'I8, I10: after a %s the status says so, the tasks of a worker run on the others, nothing else moves, and it takes its share when it is back',
  async (how, cause, saidWithinMs, withinMs) => {
    const [first, second, victim] = cluster.workers as [ConnectWorker, ConnectWorker, ConnectWorker]
    const before = await runningOn(first, cluster.workers, 30_000)
    await victim.part[how]()
    const saidMs = await saidGone(first, victim, saidWithinMs)
    // A killed worker is missed first when its session is over: sooner would be a guess.
    if (how === 'kill') expect(saidMs).toBeGreaterThan(5_000)
    const after = await runningOn(first, [first, second], withinMs)
    const lost = await movesOf(first, cause, victim)
    const moved = lost.flatMap(({ task }) => (task === undefined ? [] : [task]))
    expect(moved.toSorted()).toEqual(tasksOf(before, victim).toSorted())
    for (const { from } of lost) expect(from).toBe(victim.id)
    for (const task of tasksOf(before, first)) expect(after.get(task)).toBe(first.id)
    for (const task of tasksOf(before, second)) expect(after.get(task)).toBe(second.id)

    await victim.start()
    await runningOn(first, cluster.workers, 30_000)
    for (const { to } of await movesOf(first, 'joined', victim)) expect(to).toBe(victim.id)
  },
)

test('I10, R-J24: a change that waits for a leader who answers nobody any more is to be asked again once another leads, and then carried out', async () => {
  const [first] = cluster.workers as [ConnectWorker]
  await runningOn(first, cluster.workers, 30_000)
  const { body } = await askSettled(first.url, 'GET', '/sluice/v1/cluster')
  const leads = ({ id }: ConnectWorker) =>
    body.workers.some((one: { id: string; leader: boolean }) => one.id === id && one.leader)
  const leader = cluster.workers.find(leads)
  const follower = cluster.workers.find((worker) => !leads(worker)) as ConnectWorker
  leader?.part.freeze()
  try {
    const path = '/connectors/load/config'
    const { status, body: refusal } = await ask(follower.url, 'PATCH', path, { rate: '2' })
    expect([status, refusal.message]).toEqual([409, expect.stringContaining('conflicting operation')])
    expect((await askSettled(follower.url, 'PATCH', path, { rate: '2' })).status).toBe(200)
  } finally {
    leader?.part.thaw()
  }
})
