import { setTimeout as after } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { complaints } from '#e2e/checker/checker.ts'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { startVerifiableRun } from '#e2e/observers/verifiable-run.ts'
import { full } from '#e2e/reliability/full.ts'

const sessionMs = 6_000

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster({
    workers: 2,
    verifiable: true,
    properties: {
      'session.timeout.ms': `${sessionMs}`,
      'exactly.once.source.support': 'enabled',
      'consumer.isolation.level': 'read_committed',
    },
  })
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

const promises = {
  delivery: 'exactly-once',
  healMs: 45_000,
  commitMs: 10_000,
  statusWithinMs: 15_000,
  quietMs: 3_000,
} as const

test(
  'I1 to I14, I13 among them, hold of exactly-once sources while workers die, stop, freeze for longer than their session, and come back',
  async () => {
    await using run = await startVerifiableRun(cluster, {
      ...{ name: 'once', tasks: 2, throughput: 100, promises },
      config: { 'transaction.boundary': 'interval', 'transaction.boundary.interval.ms': '100' },
    })
    await run.goesOn()
    for (let round = 0; round < (full ? 3 : 1); round++) {
      for (const worker of cluster.workers) {
        const how = worker === cluster.workers[0] ? 'kill' : 'freeze'
        await run.fault({ what: how, harm: how === 'kill' ? 'cut-off' : 'zombie' }, async () => {
          if (how === 'freeze') {
            worker.part.freeze()
            await after(sessionMs * 2)
            worker.part.thaw()
            return
          }
          const { pid } = worker.part
          await worker.part.kill()
          run.gone(pid)
          await worker.start()
        })
        await run.goesOn()
      }
    }
    const { verdicts, seen } = await run.finish()
    expect(complaints(verdicts)).toEqual([])
    for (const kind of ['polled', 'settled', 'source offset', 'sink offset', 'status'])
      expect(seen).toHaveProperty(kind)
  },
  full ? 400_000 : 120_000,
)
