import { afterAll, beforeAll, expect, test } from 'vitest'
import { complaints } from '#e2e/checker/checker.ts'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import { ask } from '#e2e/harness/rest.ts'
import { startVerifiableRun } from '#e2e/observers/verifiable-run.ts'
import { full } from '#e2e/reliability/full.ts'

let cluster: Cluster
beforeAll(async () => {
  cluster = await startCluster({ workers: 2, verifiable: true, properties: { 'session.timeout.ms': '6000' } })
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

const promises = {
  delivery: 'at-least-once',
  healMs: 30_000,
  commitMs: 10_000,
  statusWithinMs: 15_000,
  quietMs: 3_000,
} as const

test('the verifiable connectors come from plugin.path, as a package of anybody else', async () => {
  const { body } = await ask(cluster.workers[0]?.url ?? '', 'GET', '/connector-plugins')
  expect(body.map((one: { class: string }) => one.class)).toEqual(
    expect.arrayContaining([
      'org.apache.kafka.connect.tools.VerifiableSourceConnector',
      'org.apache.kafka.connect.tools.VerifiableSinkConnector',
    ]),
  )
})

test('I1, I3, I4, I5, I6, I7, I8, I10, I14: from the source to the sink they hold while workers stop, die and come back', async () => {
  await using run = await startVerifiableRun(cluster, { name: 'zählt', tasks: 3, throughput: 200, promises })
  const victims = full ? [...cluster.workers, ...cluster.workers] : cluster.workers
  await run.goesOn()
  for (const [n, worker] of victims.entries()) {
    const how = n % 2 === 0 ? 'kill' : 'stop'
    await run.fault({ what: how, harm: how === 'kill' ? 'cut-off' : 'none' }, async () => {
      const { pid } = worker.part
      await worker.part[how]()
      run.gone(pid)
      await worker.start()
    })
    await run.goesOn()
  }
  const { verdicts, seen } = await run.finish()
  expect(complaints(verdicts)).toEqual([])
  // Each was seen on both ends of its way, and what was said of it meanwhile.
  expect(seen.arrived).toBeGreaterThan(2_000)
  for (const kind of ['polled', 'settled', 'source offset', 'sink offset', 'status']) expect(seen).toHaveProperty(kind)
})
