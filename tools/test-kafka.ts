import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafkaNode } from '#e2e/harness/jvm.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import { bringKafka, missingForKafka } from '#tools/kafka-jars.ts'
import { add, type Counts, clearResults, conclude, vitest } from '#tools/test-counts.ts'

/** What speaks to Kafka, by project: the same suites that `npm test` runs on the embedded broker, and those beside Kafka Connect. */
const suites: readonly (readonly [project: string, paths: readonly string[]])[] = [
  [
    'integration',
    [
      'server/kafka/',
      'server/topics/',
      'server/runtime/pool/pool-thread.integration.ts',
      'server/runtime/task/exactly-once-faults.integration.ts',
    ],
  ],
  ['e2e', ['e2e/rest/', 'e2e/reliability/', 'e2e/kafka/java-tools']],
  ['connect', []],
]

/**
 * `npm run test:kafka [-- project ...]`: the suites that face Kafka, on a node of Apache Kafka that is started for them,
 * and Sluice beside workers of Kafka Connect. Without Java or Maven it says so and counts one skip.
 */
async function main(): Promise<void> {
  clearResults()
  const missing = missingForKafka()
  if (missing !== undefined) return conclude({ passed: 0, failed: 0, skipped: [missing], flaky: [] })

  const asked = process.argv.slice(2)
  const home = bringKafka()
  process.env.SLUICE_KAFKA_HOME = home
  await using lifecycle = createLifecycle()
  const folder = mkdtempSync(join(tmpdir(), 'sluice-apache-kafka-'))
  lifecycle.defer(() => rmSync(folder, { recursive: true, force: true }))
  const node = lifecycle.own(await startKafkaNode(folder))
  const env = { BOOTSTRAP_SERVERS: node.bootstrapServers, SLUICE_KAFKA_HOME: home, SLUICE_TEST_FULL: '1' }
  console.log(`Apache Kafka at ${node.bootstrapServers}`)

  const counts: Counts = { passed: 0, failed: 0, skipped: [], flaky: [] }
  for (const [project, paths] of suites) {
    if (asked.length === 0 || asked.includes(project))
      add(counts, await vitest(project, env, { paths, secondTry: true }))
  }
  conclude(counts)
}

await main()
