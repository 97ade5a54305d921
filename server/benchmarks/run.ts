import { join } from 'node:path'
import { measureBroker } from '#server/benchmarks/broker.ts'
import { percentile, round } from '#server/benchmarks/connector-control.ts'
import { connectorMeasurements, measureIdleWorkers } from '#server/benchmarks/connectors.ts'
import { measureConverters } from '#server/benchmarks/converters.ts'
import { measureFailOver } from '#server/benchmarks/fail-over.ts'
import { measureIsolation } from '#server/benchmarks/isolation.ts'
import { measureKafkaClients } from '#server/benchmarks/kafka.ts'
import { measureLatency } from '#server/benchmarks/latency.ts'
import { openStage, type Stage } from '#server/benchmarks/stage.ts'
import { measureExactlyOnce, measureThroughput, writeLines } from '#server/benchmarks/throughput.ts'
import { measureTransforms } from '#server/benchmarks/transforms.ts'
import { bringKafka, missingForKafka } from '#tools/kafka-jars.ts'

/**
 * `npm run bench [-- name ...]`: each measurement prints one JSON line. Figures are of this machine at this moment: compare
 * CPU-seconds, which other work on the machine disturbs least.
 */
const measurements: Record<string, (stage: Stage) => Promise<object[]>> = {
  broker: measureBroker,
  kafka: measureKafkaClients,
  converters: measureConverters,
  ready: async (stage) => [...(await measureReady(stage)), ...(await measureIdleWorkers(stage))],
  transforms: measureTransforms,
  ...connectorMeasurements,
  throughput: async (stage) => {
    const worker = await stage.startWorker()
    const records = Number(process.env.BENCH_RECORDS ?? 2_000_000)
    const file = join(stage.folder, 'lines.in')
    const input = { file, records, bytes: await writeLines(file, records) }
    const lines = [
      ...(await measureThroughput(stage, worker, 'string', input)),
      ...(await measureThroughput(stage, worker, 'json', input)),
    ]
    await worker.stop()
    return lines
  },
  'exactly-once': async (stage) => {
    const worker = await stage.startWorker('sluice', { 'exactly.once.source.support': 'enabled' })
    const records = Number(process.env.BENCH_RECORDS ?? 2_000_000)
    const file = join(stage.folder, 'lines.in')
    await writeLines(file, records)
    const lines = await measureExactlyOnce(stage, worker, { file, records })
    await worker.stop()
    return lines
  },
  'fail-over': measureFailOver,
  isolation: measureIsolation,
  latency: async (stage) => {
    const worker = await stage.startWorker()
    const line = await measureLatency(stage, worker, Number(process.env.BENCH_LINES ?? 200))
    await worker.stop()
    return [line]
  },
}

async function measureReady(stage: Stage): Promise<object[]> {
  const times: number[] = []
  let residentMb = 0
  let cpuSeconds = 0
  for (let run = 0; run < 6; run++) {
    const worker = await stage.startWorker()
    // The first run fills the compile cache, as any first start does.
    if (run > 0) times.push(worker.readyMs)
    residentMb = worker.residentMb()
    cpuSeconds = worker.cpuSeconds()
    await worker.stop()
  }
  return [
    {
      bench: 'worker-ready',
      p50Ms: Math.round(percentile(times, 0.5)),
      maxMs: Math.round(Math.max(...times)),
      cpuSeconds: round(cpuSeconds),
      residentMb: Math.round(residentMb),
    },
  ]
}

const asked = process.argv.slice(2)
// Beside Kafka Connect where it can run.
if (missingForKafka() === undefined) process.env.SLUICE_KAFKA_HOME ??= bringKafka()
for (const [name, measure] of Object.entries(measurements)) {
  if (asked.length > 0 && !asked.includes(name)) continue
  await using stage = await openStage()
  for (const line of await measure(stage)) console.log(JSON.stringify(line))
}
