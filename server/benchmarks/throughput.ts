import { once } from 'node:events'
import { createWriteStream, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createAndWait, deleteAndWait, round, until } from '#server/benchmarks/connector-control.ts'
import { groupOf, type MeasuredWorker, type Stage, type WorkerKind } from '#server/benchmarks/stage.ts'

const converters = {
  string: { 'value.converter': 'org.apache.kafka.connect.storage.StringConverter' },
  json: { 'value.converter': 'org.apache.kafka.connect.json.JsonConverter', 'value.converter.schemas.enable': 'true' },
}

type Converter = keyof typeof converters

interface Input {
  file: string
  records: number
  bytes: number
}

/** A JVM beside its broker on two cores, not warm yet. */
const patienceMs = 240_000

/** 100 ASCII characters a line, each line different. */
async function linesOf(stage: Stage): Promise<Input> {
  const count = Number(process.env.BENCH_RECORDS ?? 2_000_000)
  const file = join(stage.folder, 'lines.in')
  const written = statSync(file, { throwIfNoEntry: false })
  if (written) return { file, records: count, bytes: written.size }
  const stream = createWriteStream(file)
  const filler = 'abcdefghijklmnopqrstuvwxyz0123456789'.repeat(3)
  for (let begin = 0; begin < count; begin += 10_000) {
    let block = ''
    for (let n = begin; n < Math.min(count, begin + 10_000); n++)
      block += `${String(n).padStart(10, '0')}${filler.slice(0, 90)}\n`
    if (!stream.write(block)) await once(stream, 'drain')
  }
  stream.end()
  await once(stream, 'finish')
  return { file, records: count, bytes: statSync(file).size }
}

/**
 * File → topic → file for each converter, with CPU of the worker process alone. Everything runs twice on one worker: a JVM
 * compiles what it runs often, so its second run is its fair one.
 */
export async function measureThroughput(stage: Stage, kind: WorkerKind): Promise<object[]> {
  const worker = await stage.startWorker(kind, groupOf(`throughput-${kind}`))
  const input = await linesOf(stage)
  const lines: object[] = []
  for (const converter of ['string', 'json'] as const) {
    for (const run of ['cold', 'warm']) {
      const name = `${kind}-${converter}-${run}`
      lines.push({ bench: 'file-to-topic', converter, run, ...(await fill(stage, worker, converter, name, input)) })
      lines.push({ bench: 'topic-to-file', converter, run, ...(await drain(stage, worker, converter, name, input)) })
    }
  }
  await worker.stop()
  return lines
}

async function fill(stage: Stage, worker: MeasuredWorker, converter: Converter, name: string, input: Input) {
  const source = `${name}-source`
  const figures = await timed(worker, input.records, async () => {
    const config = { 'connector.class': 'FileStreamSource', file: input.file, topic: name, ...converters[converter] }
    await createAndWait(worker.url, source, config)
    await until(async () => (await stage.endOffset(name)) >= input.records, 50, patienceMs)
  })
  await deleteAndWait(worker.url, source)
  return figures
}

async function drain(stage: Stage, worker: MeasuredWorker, converter: Converter, name: string, input: Input) {
  const sink = `${name}-sink`
  const output = join(stage.folder, `${name}.out`)
  const figures = await timed(worker, input.records, async () => {
    const config = { 'connector.class': 'FileStreamSink', file: output, topics: name, ...converters[converter] }
    await createAndWait(worker.url, sink, config)
    await until(async () => statSync(output, { throwIfNoEntry: false })?.size === input.bytes, 50, patienceMs)
  })
  await deleteAndWait(worker.url, sink)
  rmSync(output)
  return figures
}

/** File → topic with a transaction for every poll, each with its offset (P-12), on a worker with exactly-once support. */
export async function measureExactlyOnce(stage: Stage, kind: WorkerKind): Promise<object[]> {
  const settings = { ...groupOf(`exactly-once-${kind}`), 'exactly.once.source.support': 'enabled' }
  const worker = await stage.startWorker(kind, settings)
  const input = await linesOf(stage)
  const lines: object[] = []
  for (const run of ['cold', 'warm']) {
    const name = `${kind}-exactly-once-${run}`
    const figures = await timed(worker, input.records, async () => {
      await createAndWait(worker.url, name, {
        'connector.class': 'FileStreamSource',
        file: input.file,
        topic: name,
        'exactly.once.support': 'required',
        'transaction.boundary': 'poll',
        ...converters.string,
      })
      await until(async () => (await stage.endOffset(name)) >= input.records, 50, patienceMs)
    })
    await deleteAndWait(worker.url, name)
    lines.push({ bench: 'file-to-topic-exactly-once', converter: 'string', run, ...figures })
  }
  await worker.stop()
  return lines
}

async function timed(worker: MeasuredWorker, records: number, work: () => Promise<void>) {
  const begin = performance.now()
  const cpuBefore = worker.cpuSeconds()
  await work()
  const seconds = (performance.now() - begin) / 1000
  return {
    records,
    recordsPerSecond: Math.round(records / seconds),
    cpuSecondsPerMillion: round(((worker.cpuSeconds() - cpuBefore) / records) * 1e6),
    residentMb: Math.round(worker.residentMb()),
  }
}
