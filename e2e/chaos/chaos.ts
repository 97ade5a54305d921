import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { ChaosKafka } from '#e2e/chaos/ground.ts'
import { runChaos } from '#e2e/chaos/run-chaos.ts'
import { type FaultKind, faultKinds } from '#e2e/chaos/story.ts'
import { messageOf } from '#server/contract/errors.ts'
import { bringKafka, missingForKafka } from '#tools/kafka-jars.ts'

/**
 * `npm run chaos -- --seed N --minutes M [--faults kill,drop,...] [--kafka embedded|apache] [--keep folder]`: one seed, one JSON
 * line; what happens meanwhile goes to stderr. Exits with 1 when an invariant does not hold, and then leaves in the folder what there
 * is to find out why. On the Kafka that BOOTSTRAP_SERVERS names, which is spared, or on a broker of its own, embedded unless it is
 * to be Apache Kafka.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    minutes: { type: 'string', default: '1' },
    faults: { type: 'string' },
    kafka: { type: 'string' },
    keep: { type: 'string' },
  },
})
if (values.keep !== undefined) process.env.SLUICE_KEEP_OUTPUT = join(values.keep, 'output')
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const report = await runChaos({
  seed,
  forMs: Number(values.minutes) * 60_000,
  kafka: kafkaNamed(values.kafka),
  kinds: values.faults?.split(',').map(kindNamed) ?? faultKinds,
  keep: values.keep,
  onBlow: (blow) => console.error(`${new Date().toISOString()} seed ${seed}: ${blow}`),
}).catch((error: unknown) => {
  console.error(error)
  return { seed, ok: false, broken: [messageOf(error)] }
})
console.log(JSON.stringify(report))
process.exitCode = report.ok ? 0 : 1

function kafkaNamed(name: string | undefined): ChaosKafka {
  const bootstrapServers = process.env.BOOTSTRAP_SERVERS
  if (name === undefined) return bootstrapServers ? { bootstrapServers } : 'embedded'
  if (name === 'embedded') return name
  if (name !== 'apache') throw new Error(`--kafka is embedded or apache, not ${name}`)
  const missing = missingForKafka()
  if (missing !== undefined) throw new Error(missing)
  process.env.SLUICE_KAFKA_HOME ??= bringKafka()
  return name
}

function kindNamed(name: string): FaultKind {
  const kind = faultKinds.find((one) => one === name)
  if (kind === undefined) throw new Error(`--faults names ${faultKinds.join()}, not ${name}`)
  return kind
}
