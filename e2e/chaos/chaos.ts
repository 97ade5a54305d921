import { parseArgs } from 'node:util'
import { runChaos } from '#e2e/chaos/run-chaos.ts'

/**
 * `npm run chaos -- --seed N --minutes M`: one seed, one JSON line; what happens meanwhile goes to stderr. Exits with 1 when
 * an invariant does not hold. On the Kafka that BOOTSTRAP_SERVERS names, else on an embedded broker.
 */
const { values } = parseArgs({ options: { seed: { type: 'string' }, minutes: { type: 'string' } } })
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const report = await runChaos({
  seed,
  forMs: Number(values.minutes ?? 1) * 60_000,
  onFault: (fault) => console.error(`seed ${seed}: ${fault}`),
})
console.log(JSON.stringify(report))
process.exitCode = report.ok ? 0 : 1
