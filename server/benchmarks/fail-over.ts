import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAndWait, round, until } from '#server/benchmarks/connector-control.ts'
import { type MeasuredWorker, placeOf, type Stage, type WorkerKind } from '#server/benchmarks/stage.ts'

/** What happens to a worker that runs a task; another one, which leads, is there all the time. */
const faults = ['kill', 'stop', 'stop-and-return'] as const
type Fault = (typeof faults)[number]

interface Contestant {
  kind: WorkerKind
  label: string
  settings: Record<string, string>
}

/** Kafka Connect waits five minutes by default; past that, something else is wrong. */
const patienceMs = 400_000
const lineEveryMs = 100

/**
 * Fail-over as a reader of the topic sees it: the longest time without a new record of a source that gets a line every
 * 100 ms, at the group's default settings, and how long its status says RUNNING of who is gone; beside Kafka Connect without its delay. `BENCH_CONNECT_DEFAULTS=1` asks for it at
 * its own defaults as well, with which it waits five minutes for each fault.
 */
export async function measureFailOver(stage: Stage): Promise<object[]> {
  const contestants: Contestant[] = [{ kind: 'sluice', label: 'defaults', settings: {} }]
  if (process.env.SLUICE_KAFKA_HOME) {
    const noDelay = { 'scheduled.rebalance.max.delay.ms': '0' }
    contestants.push({ kind: 'kafka-connect', label: 'no delay', settings: noDelay })
    if (process.env.BENCH_CONNECT_DEFAULTS === '1') {
      contestants.push({ kind: 'kafka-connect', label: 'defaults', settings: {} })
    }
  }
  const lines: object[] = []
  for (const contestant of contestants) {
    for (const fault of faults) {
      const { downMs, saidMs } = await downFor(stage, contestant, fault, `fail-over-${lines.length}`)
      const seconds = { downSeconds: round(downMs / 1_000), saidSeconds: round(saidMs / 1_000) }
      lines.push({ bench: 'fail-over', worker: contestant.kind, settings: contestant.label, fault, ...seconds })
    }
  }
  return lines
}

async function downFor(
  stage: Stage,
  { kind, settings }: Contestant,
  fault: Fault,
  group: string,
): Promise<{ downMs: number; saidMs: number }> {
  let started = 0
  const start = () =>
    stage.startWorker(kind, {
      ...settings,
      ...placeOf(group),
      'sluice.data.dir': join(stage.folder, `${group}-${started++}`),
    })
  const workers = [await start(), await start()]
  const [first, second] = workers as [MeasuredWorker, MeasuredWorker]
  const topics = [`${group}-0`, `${group}-1`]
  const fileOf = (topic: string) => join(stage.folder, `${topic}.in`)
  for (const topic of topics) {
    writeFileSync(fileOf(topic), '')
    await createAndWait(first.url, topic, { 'connector.class': 'FileStreamSource', file: fileOf(topic), topic })
  }
  // The first worker leads. What is lost with its leader Kafka Connect deals out at once, so another one is struck.
  const [topic] = await runningOn(second, topics)
  if (topic === undefined) throw new Error('neither task runs on the second worker')
  const feeding = setInterval(() => appendFileSync(fileOf(topic), 'a line\n'), lineEveryMs)
  await until(async () => (await stage.endOffset(topic)) > 0, 20, 30_000)
  const owner = new URL(second.url).host

  const gap = watchGaps(() => stage.endOffset(topic))
  const struckAt = performance.now()
  second.signal(fault === 'kill' ? 'SIGKILL' : 'SIGTERM')
  const said = until(async () => (await ownerOf(first, topic)) !== owner, 20, patienceMs)
  const saidMs = said.then(() => performance.now() - struckAt)
  if (fault === 'stop-and-return') {
    await second.stop()
    workers.push(await start())
  }
  await until(async () => ![undefined, owner].includes(await ownerOf(first, topic)), 20, patienceMs)
  const downMs = await gap.afterNextGrowth()
  clearInterval(feeding)
  for (const worker of workers) await worker.stop()
  return { downMs, saidMs: await saidMs }
}

/** Which of the connectors has its task on this worker. */
async function runningOn(worker: MeasuredWorker, names: readonly string[]): Promise<string[]> {
  const owners = await Promise.all(names.map((name) => ownerOf(worker, name)))
  return names.filter((_, n) => owners[n] === new URL(worker.url).host)
}

/** Where the task runs, as a worker says it; undefined while nobody runs it, or nobody answers. */
async function ownerOf({ url }: MeasuredWorker, name: string): Promise<string | undefined> {
  const response = await fetch(`${url}/connectors/${name}/status`)
  if (!response.ok) return undefined
  const { tasks } = (await response.json()) as { tasks: { state: string; worker_id: string }[] }
  return tasks[0]?.state === 'RUNNING' ? tasks[0].worker_id : undefined
}

/** Follows a number that grows, and remembers the longest time for which it did not. */
function watchGaps(ask: () => Promise<number>) {
  let last = -1
  let grewAt = performance.now()
  let longestMs = 0

  async function look(): Promise<boolean> {
    const now = await ask()
    if (now <= last) return false
    longestMs = Math.max(longestMs, performance.now() - grewAt)
    grewAt = performance.now()
    last = now
    return true
  }

  let watching = true
  const watch = (async () => {
    while (watching) {
      await look()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })()

  return {
    /** The longest gap, once it has grown again. */
    async afterNextGrowth(): Promise<number> {
      const before = last
      await until(async () => last > before, 10, patienceMs)
      watching = false
      await watch
      return longestMs
    },
  }
}
