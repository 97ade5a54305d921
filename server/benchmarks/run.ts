import { measureBroker } from '#server/benchmarks/broker.ts'
import { percentile, round } from '#server/benchmarks/connector-control.ts'
import { connectorMeasurements, measureIdleWorkers } from '#server/benchmarks/connectors.ts'
import { measureConverters } from '#server/benchmarks/converters.ts'
import { measureFailOver } from '#server/benchmarks/fail-over.ts'
import { measureIsolation } from '#server/benchmarks/isolation.ts'
import { measureKafkaClients } from '#server/benchmarks/kafka.ts'
import { measureLatency } from '#server/benchmarks/latency.ts'
import { type BrokerKind, openStage, type Stage, type WorkerKind } from '#server/benchmarks/stage.ts'
import { measureExactlyOnce, measureThroughput } from '#server/benchmarks/throughput.ts'
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
  'fail-over': measureFailOver,
  isolation: measureIsolation,
}

/** What moves records: on the broker that `npm start` runs, and side by side with Kafka Connect on one Apache Kafka. */
const flows: Record<string, (stage: Stage, kind: WorkerKind) => Promise<object[]>> = {
  throughput: measureThroughput,
  'exactly-once': measureExactlyOnce,
  latency: measureLatency,
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
const isAsked = ([name]: [string, unknown]) => asked.length === 0 || asked.includes(name)
for (const [, measure] of Object.entries(measurements).filter(isAsked)) {
  await using stage = await openStage()
  for (const line of await measure(stage)) console.log(JSON.stringify(line))
}
for (const [, measure] of Object.entries(flows).filter(isAsked)) {
  await measureFlow(measure, 'sluice', ['sluice'])
  if (process.env.SLUICE_KAFKA_HOME) await measureFlow(measure, 'apache-kafka', ['sluice', 'kafka-connect'])
}

async function measureFlow(measure: (typeof flows)[string], broker: BrokerKind, kinds: WorkerKind[]): Promise<void> {
  await using stage = await openStage(broker)
  for (const of of kinds) {
    for (const line of await measure(stage, of)) console.log(JSON.stringify({ of, broker, ...line }))
  }
}
