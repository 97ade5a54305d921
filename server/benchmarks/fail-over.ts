import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAndWait, round, until } from '#server/benchmarks/connector-control.ts'
import type { MeasuredWorker, Stage, WorkerKind } from '#server/benchmarks/stage.ts'

/** What happens to the worker that runs the task; another one is there all the time. */
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
 * 100 ms, at the group's default settings; beside Kafka Connect at its own, and without its delay.
 */
export async function measureFailOver(stage: Stage): Promise<object[]> {
  const contestants: Contestant[] = [{ kind: 'sluice', label: 'defaults', settings: {} }]
  if (process.env.SLUICE_KAFKA_HOME) {
    const noDelay = { 'scheduled.rebalance.max.delay.ms': '0' }
    contestants.push({ kind: 'kafka-connect', label: 'no delay', settings: noDelay })
    contestants.push({ kind: 'kafka-connect', label: 'defaults', settings: {} })
  }
  const lines: object[] = []
  for (const contestant of contestants) {
    for (const fault of faults) {
      const downSeconds = round(await downFor(stage, contestant, fault, `fail-over-${lines.length}`))
      lines.push({ bench: 'fail-over', worker: contestant.kind, settings: contestant.label, fault, downSeconds })
    }
  }
  return lines
}

async function downFor(stage: Stage, { kind, settings }: Contestant, fault: Fault, group: string): Promise<number> {
  let started = 0
  const start = () =>
    stage.startWorker(kind, {
      ...settings,
      'group.id': group,
      'config.storage.topic': `${group}-configs`,
      'offset.storage.topic': `${group}-offsets`,
      'status.storage.topic': `${group}-status`,
      'sluice.data.dir': join(stage.folder, `${group}-${started++}`),
    })
  const workers = [await start(), await start()]
  const file = join(stage.folder, `${group}.in`)
  writeFileSync(file, '')
  const feeding = setInterval(() => appendFileSync(file, 'a line\n'), lineEveryMs)
  const [first] = workers as [MeasuredWorker]
  await createAndWait(first.url, group, { 'connector.class': 'FileStreamSource', file, topic: group })
  await until(async () => (await stage.endOffset(group)) > 0, 20, 30_000)

  const owner = await ownerOf(first, group)
  const victim = workers.find(({ url }) => new URL(url).host === owner) ?? first
  const other = workers.find((worker) => worker !== victim) ?? first
  const gap = watchGaps(() => stage.endOffset(group))
  victim.signal(fault === 'kill' ? 'SIGKILL' : 'SIGTERM')
  if (fault === 'stop-and-return') {
    await victim.stop()
    workers.push(await start())
  }
  await until(async () => ![undefined, owner].includes(await ownerOf(other, group)), 20, patienceMs)
  const longestMs = await gap.afterNextGrowth()
  clearInterval(feeding)
  for (const worker of workers) await worker.stop()
  return longestMs / 1_000
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
