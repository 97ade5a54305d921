import { once } from 'node:events'
import { createWriteStream, statSync } from 'node:fs'
import { join } from 'node:path'
import { createAndWait, round, until } from '#server/benchmarks/connector-control.ts'
import type { MeasuredWorker, Stage } from '#server/benchmarks/stage.ts'

const converters = {
  string: { 'value.converter': 'org.apache.kafka.connect.storage.StringConverter' },
  json: { 'value.converter': 'org.apache.kafka.connect.json.JsonConverter', 'value.converter.schemas.enable': 'true' },
}

/** 100 ASCII characters a line, each line different. */
export async function writeLines(file: string, count: number): Promise<number> {
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
  return statSync(file).size
}

/** File → topic → file for one converter, on a warm worker; CPU is the worker process's alone. */
export async function measureThroughput(
  stage: Stage,
  worker: MeasuredWorker,
  converter: keyof typeof converters,
  input: { file: string; records: number; bytes: number },
): Promise<object[]> {
  const topic = `lines-${converter}`
  const output = join(stage.folder, `${topic}.out`)
  const source = await timed(worker, input.records, async () => {
    await createAndWait(worker.url, `source-${converter}`, {
      'connector.class': 'FileStreamSource',
      file: input.file,
      topic,
      ...converters[converter],
    })
    await until(async () => (await stage.endOffset(topic)) >= input.records, 50, 120_000)
  })
  await fetch(`${worker.url}/connectors/source-${converter}`, { method: 'DELETE' })
  const sink = await timed(worker, input.records, async () => {
    await createAndWait(worker.url, `sink-${converter}`, {
      'connector.class': 'FileStreamSink',
      file: output,
      topics: topic,
      ...converters[converter],
    })
    await until(async () => statSync(output, { throwIfNoEntry: false })?.size === input.bytes, 50, 120_000)
  })
  await fetch(`${worker.url}/connectors/sink-${converter}`, { method: 'DELETE' })
  return [
    { bench: 'file-to-topic', converter, ...source },
    { bench: 'topic-to-file', converter, ...sink },
  ]
}

/** File → topic with a transaction for every poll, each with its offset (P-12), on a worker with exactly-once support. */
export async function measureExactlyOnce(
  stage: Stage,
  worker: MeasuredWorker,
  input: { file: string; records: number },
): Promise<object[]> {
  const copy = async (name: string) => {
    await createAndWait(worker.url, name, {
      'connector.class': 'FileStreamSource',
      file: input.file,
      topic: name,
      'exactly.once.support': 'required',
      'transaction.boundary': 'poll',
      ...converters.string,
    })
    await until(async () => (await stage.endOffset(name)) >= input.records, 50, 240_000)
    await fetch(`${worker.url}/connectors/${name}`, { method: 'DELETE' })
  }
  await copy('warms-up')
  const source = await timed(worker, input.records, () => copy('exactly-once'))
  return [{ bench: 'file-to-topic-exactly-once', converter: 'string', ...source }]
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
