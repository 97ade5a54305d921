import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Copies, startCopies } from '#e2e/chaos/copies.ts'
import { complaints } from '#e2e/checker/checker.ts'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { full } from '#e2e/reliability/full.ts'

const perSecond = 200
const count = 3
const rounds = full ? 3 : 1
const withinMs = full ? 600_000 : 120_000
/** Committed each second; a worker that dies may have sent what it read since, and what its successor reads again. */
const mostTwicePerKill = perSecond * 3

describe.each(['stop', 'kill'] as const)('R-D09: with each worker in turn ended by %s', (how) => {
  let cluster: Cluster
  let copies: Copies

  beforeAll(async () => {
    cluster = await startCluster({
      workers: full ? 3 : 2,
      verifiable: true,
      properties: { 'session.timeout.ms': '6000' },
    })
    copies = await startCopies(cluster, count, perSecond)
  })
  afterAll(async () => {
    await copies?.[Symbol.asyncDispose]()
    await cluster?.[Symbol.asyncDispose]()
  })

  /** A kill costs a session timeout, so only one is killed where time is short. */
  const victims = (round: number) => {
    if (!full && how === 'kill') return cluster.workers.slice(0, 1)
    return round % 2 ? cluster.workers.toReversed() : cluster.workers
  }
  const othersThan = (one: ConnectWorker) => cluster.workers.filter((worker) => worker !== one)

  test(
    `I1, I2, I3, I4, I5: sources and sinks lose nothing, keep order and repeat ${how === 'stop' ? 'nothing' : 'little'}`,
    async () => {
      await copies.running(cluster.workers, 30_000)
      for (let round = 0; round < rounds; round++) {
        for (const worker of victims(round)) {
          await copies.fault({ what: how, harm: how === 'kill' ? 'cut-off' : 'none' }, async () => {
            await worker.part[how]()
            await copies.running(othersThan(worker), 30_000)
            await worker.start()
            await copies.running(cluster.workers, 30_000)
          })
        }
      }
      const ends = rounds * cluster.workers.length * count
      const mostDuplicates = how === 'stop' ? 0 : ends * mostTwicePerKill
      const report = await copies.finish({ withinMs: 60_000, healMs: 30_000, mostDuplicates })
      expect(report.sent).toBeGreaterThan(1_000)
      expect(complaints(report.verdicts)).toEqual([])
      if (how === 'stop') expect(report.duplicates).toBe(0)
    },
    withinMs,
  )
})
