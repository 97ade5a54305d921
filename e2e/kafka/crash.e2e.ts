import { expect, test } from 'vitest'
import { newBrokerFolder, startBrokerProcess } from '#e2e/kafka/broker-process.ts'
import { createCrashWorkload } from '#e2e/kafka/crash-workload.ts'
import { seededRandom } from '#e2e/kafka/seeded-random.ts'

const full = process.env.SLUICE_TEST_FULL === '1'
/** Each seed kills its broker this often. */
const kills = full ? 10 : 3
const seeds = Array.from({ length: full ? 20 : 2 }, (_, at) => at + Number(process.env.SLUICE_TEST_SEED ?? 1))
const settings = { 'log.cleaner.backoff.ms': '20' }

test.each(seeds)(
  `I1, I6, I13: killed ${kills} times while it writes, commits, ends transactions and compacts, it loses and invents nothing (seed %i)`,
  async (seed) => {
    const random = seededRandom(seed)
    using folder = newBrokerFolder()
    const workload = createCrashWorkload(random)
    for (let kill = 0; kill < kills; kill++) {
      const broker = await startBrokerProcess(folder.path, settings)
      let left = 20 + Math.floor(random() * 400)
      let killed: Promise<void> | undefined
      await workload.run(broker.address, () => {
        if (--left <= 0) killed ??= broker.kill()
      })
      await killed
      await using again = await startBrokerProcess(folder.path, settings)
      await workload.check(again.address)
      // Every other time the broker that is written to next was closed cleanly, else it was killed while it was idle.
      if (random() < 0.5) await again.kill()
    }
    expect.hasAssertions()
  },
)
