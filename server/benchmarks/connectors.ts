import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import {
  createAndWait,
  deleteAndWait,
  percentile,
  round,
  sendConfig,
  until,
} from '#server/benchmarks/connector-control.ts'
import { groupOf, type MeasuredWorker, type Stage, type WorkerKind } from '#server/benchmarks/stage.ts'

/** The measurements of connectors' lives, each for Sluice and, where its jars are, for Kafka Connect in the same run. */
export const connectorMeasurements: Record<string, (stage: Stage) => Promise<object[]>> = {
  create: (stage) =>
    ofEach(async (kind) => [...(await measureCreate(stage, kind, 1)), ...(await measureCreate(stage, kind, 3))]),
  idle: (stage) => ofEach((kind) => measureIdle(stage, kind, 100)),
  // Kafka Connect has three threads a connector, so a thousand of them are another machine's business.
  many: (stage) => ofEach((kind) => measureMany(stage, kind, kind === 'sluice' ? 1_000 : 200)),
}

async function ofEach(measure: (kind: WorkerKind) => Promise<object[]>): Promise<object[]> {
  const kinds: WorkerKind[] = process.env.SLUICE_KAFKA_HOME ? ['sluice', 'kafka-connect'] : ['sluice']
  const lines: object[] = []
  for (const kind of kinds) lines.push(...(await measure(kind)))
  return lines
}

const emptyFile = (stage: Stage): string => {
  const file = join(stage.folder, 'empty.in')
  writeFileSync(file, '')
  return file
}

/** What a worker needs that has nothing to do: after half a minute, as operators see it. */
export async function measureIdleWorkers(stage: Stage): Promise<object[]> {
  return ofEach(async (kind) => {
    const worker = await stage.startWorker(kind, groupOf(`rest-${kind}`))
    const healthyMs = worker.sinceStartMs()
    const startCpu = worker.cpuSeconds()
    await new Promise((resolve) => setTimeout(resolve, 30_000))
    const line = {
      ...{ bench: 'idle-worker', of: kind },
      readyMs: Math.round(worker.readyMs),
      healthyMs: Math.round(healthyMs),
      cpuSeconds: round(startCpu),
      idleCpuPercent: round(((worker.cpuSeconds() - startCpu) / 30) * 100),
      residentMb: Math.round(worker.residentMb()),
    }
    await worker.stop()
    return [line]
  })
}

/** Create → RUNNING and delete → gone on one worker and on three, asked of each worker in turn. */
async function measureCreate(stage: Stage, kind: WorkerKind, workers: number): Promise<object[]> {
  const settings = groupOf(`create-${kind}-${workers}`)
  const group: MeasuredWorker[] = []
  for (let n = 0; n < workers; n++) group.push(await stage.startWorker(kind, settings))
  const config = { 'connector.class': 'FileStreamSource', file: emptyFile(stage), topic: 'create' }
  const running: number[] = []
  const deleted: number[] = []
  const warmUp = workers
  for (let n = 0; n < 20 + warmUp; n++) {
    const { url } = group[n % workers] as MeasuredWorker
    const { runningMs } = await createAndWait(url, `c${n}`, config)
    const deletedMs = await deleteAndWait(url, `c${n}`)
    if (n < warmUp) continue // the first one on each worker loads the plugin
    running.push(runningMs)
    deleted.push(deletedMs)
  }
  for (const worker of group) await worker.stop()
  const line = (bench: string, times: number[]) => ({
    ...{ bench, of: kind, workers },
    p50Ms: round(percentile(times, 0.5)),
    p99Ms: round(percentile(times, 0.99)),
  })
  return [line('create-to-running', running), line('delete-to-gone', deleted)]
}

/** What `count` idle connectors cost one worker, and how long it needs to run them all again after a restart. */
async function measureIdle(stage: Stage, kind: WorkerKind, count: number): Promise<object[]> {
  const settings = groupOf(`idle-${kind}`)
  const worker = await stage.startWorker(kind, settings)
  const file = emptyFile(stage)
  const create = (n: number) =>
    createAndWait(worker.url, `idle-${n}`, { 'connector.class': 'FileStreamSource', file, topic: 'idle' })
  // Whatever is started once, on every thread that tasks are shared out over, is not what one connector costs.
  const first = Math.max(2, availableParallelism())
  for (let n = 0; n < first; n++) await create(n)
  await settle()
  const before = worker.residentMb()
  for (let n = first; n < first + count; n++) await create(n)
  await settle()
  const after = worker.residentMb()
  await worker.stop()

  const again = await stage.startWorker(kind, settings)
  await until(async () => (await runningTasks(again.url)) === first + count, 5, 120_000)
  const restartMs = again.sinceStartMs()
  const restartCpuSeconds = again.cpuSeconds()
  await again.stop()
  return [
    {
      ...{ bench: 'idle-connectors', of: kind, connectors: count },
      mbEach: round((after - before) / count),
      residentMb: Math.round(after),
      restartToAllRunningMs: Math.round(restartMs),
      restartCpuSeconds: round(restartCpuSeconds),
    },
  ]
}

/** `count` connectors created eight at a time, while somebody else keeps asking: until all run, and how the asker fared. */
async function measureMany(stage: Stage, kind: WorkerKind, count: number): Promise<object[]> {
  const worker = await stage.startWorker(kind, groupOf(`many-${kind}`))
  const file = emptyFile(stage)
  const names = Array.from({ length: count }, (_, n) => `many-${n}`)
  const answers: number[] = []
  let asking = true
  const asker = (async () => {
    for (let n = 0; asking; n++) {
      const begin = performance.now()
      await (await fetch(`${worker.url}/connectors/${names[n % count]}/status`)).text()
      answers.push(performance.now() - begin)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })()
  const begin = performance.now()
  const todo = names.values()
  const creators = Array.from({ length: 8 }, async () => {
    for (const name of todo)
      await putInTheEnd(worker.url, name, { 'connector.class': 'FileStreamSource', file, topic: 'many' })
  })
  await Promise.all(creators)
  await until(async () => (await runningTasks(worker.url)) === count, 100, 300_000)
  const seconds = (performance.now() - begin) / 1000
  asking = false
  await asker
  const line = {
    ...{ bench: 'many-connectors', of: kind, connectors: count },
    seconds: round(seconds),
    restP50Ms: round(percentile(answers, 0.5)),
    restP99Ms: round(percentile(answers, 0.99)),
    cpuSeconds: round(worker.cpuSeconds()),
    residentMb: Math.round(worker.residentMb()),
  }
  await worker.stop()
  return [line]
}

/** A change meets a rebalance now and then; Kafka Connect asks its clients to come again. */
async function putInTheEnd(url: string, name: string, config: Record<string, string>): Promise<void> {
  await until(
    async () => {
      const response = await sendConfig(url, name, config)
      const text = await response.text()
      if (!response.ok && response.status !== 409) throw new Error(`creating ${name}: ${response.status} ${text}`)
      return response.ok
    },
    20,
    60_000,
  )
}

async function runningTasks(url: string): Promise<number> {
  const response = await fetch(`${url}/connectors?expand=status`).catch(() => undefined)
  if (!response?.ok) return 0
  const all = (await response.json()) as Record<string, { status: { tasks: { state: string }[] } }>
  return Object.values(all).filter(({ status }) => status.tasks.some(({ state }) => state === 'RUNNING')).length
}

/** Memory is read when what was started has come to rest: V8 gives back what starting took after some seconds without work. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 15_000))
