import { appendFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createAndWait, percentile, round, until } from '#server/benchmarks/connector-control.ts'
import { groupOf, type Stage, type WorkerKind } from '#server/benchmarks/stage.ts'

/** One line every 100 ms into a file; how long until a consumer holds its record. */
export async function measureLatency(stage: Stage, kind: WorkerKind): Promise<object[]> {
  const lines = Number(process.env.BENCH_LINES ?? 200)
  const worker = await stage.startWorker(kind, groupOf(`latency-${kind}`))
  const topic = `slow-${kind}`
  const file = join(stage.folder, `${topic}.in`)
  writeFileSync(file, '')
  await createAndWait(worker.url, topic, { 'connector.class': 'FileStreamSource', file, topic })
  const arrived = new Map<string, number>()
  const consumer = stage.kafka.consumer({ groupId: `bench-${topic}`, maxWaitTimeInMs: 500, minBytes: 1 })
  await consumer.connect()
  appendFileSync(file, 'warm\n')
  await until(async () => (await stage.endOffset(topic)) > 0, 20, 20_000)
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachBatch: async ({ batch }) => {
      const now = performance.now()
      for (const message of batch.messages) arrived.set(String(message.value), now)
    },
  })
  await until(async () => arrived.has('warm'), 5, 20_000)

  const sent = new Map<string, number>()
  for (let n = 0; n < lines; n++) {
    const line = `line ${n}`
    sent.set(line, performance.now())
    appendFileSync(file, `${line}\n`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await until(async () => arrived.size > lines, 5, 10_000)
  await consumer.disconnect()
  const delays = [...sent].map(([line, at]) => (arrived.get(line) ?? Number.NaN) - at)
  await worker.stop()
  const line = {
    bench: 'append-to-topic-latency',
    lines,
    p50Ms: round(percentile(delays, 0.5)),
    p90Ms: round(percentile(delays, 0.9)),
    p99Ms: round(percentile(delays, 0.99)),
    maxMs: round(Math.max(...delays)),
  }
  return [line]
}
