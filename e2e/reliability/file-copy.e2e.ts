import { appendFileSync, mkdtempSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { inState } from '#e2e/harness/rest.ts'
import { forEveryClient, startSecuredKafka } from '#e2e/harness/secured-kafka.ts'
import { readWhole } from '#e2e/harness/topic.ts'
import { arrives, create, linesOf, sinkOf, sourceOf } from '#e2e/reliability/file-pair.ts'
import { createLifecycle, type Lifecycle } from '#server/contract/lifecycle.ts'

/** Two workers whose every client comes through that door of Kafka. */
async function startBehind(security: string, lifecycle: Lifecycle): Promise<Cluster> {
  if (security === 'PLAINTEXT') return lifecycle.own(await startCluster({ workers: 2 }))
  const folder = mkdtempSync(join(tmpdir(), 'sluice-secured-'))
  lifecycle.defer(() => rmSync(folder, { recursive: true, force: true }))
  const { node, client } = lifecycle.own(await startSecuredKafka(folder))
  const properties = forEveryClient(client)
  return lifecycle.own(await startCluster({ workers: 2, bootstrapServers: node.bootstrapServers, properties }))
}

async function pair(cluster: Cluster, name: string) {
  const [worker] = cluster.workers as [ConnectWorker]
  const [from, to] = [cluster.file(`${name}.in`), cluster.file(`${name}.out`)]
  const topic = `${cluster.group}-${name}`
  writeFileSync(from, '')
  await create(worker, `${name}-from`, sourceOf(from, topic))
  await create(worker, `${name}-to`, sinkOf(to, topic))
  return { from, to, topic, worker }
}

// Our own broker has no door of the second kind, so it is proven where Apache Kafka is (`npm run test:kafka`).
const doors = process.env.SLUICE_KAFKA_HOME ? ['PLAINTEXT', 'SASL_SSL'] : ['PLAINTEXT']

describe.each(doors)('over %s', (security) => {
  let lifecycle: Lifecycle
  let cluster: Cluster
  beforeAll(async () => {
    lifecycle = createLifecycle()
    cluster = await startBehind(security, lifecycle)
  })
  afterAll(() => lifecycle[Symbol.asyncDispose]())

  test('R-D08: a line is read when its end is there, a truncated file and one that took its place from their beginning', async () => {
    const { from, to } = await pair(cluster, 'odd')
    appendFileSync(from, 'whole\nha')
    await arrives(to, 'whole')
    expect(linesOf(to)).toEqual(['whole'])
    appendFileSync(from, 'lf\n')
    await arrives(to, 'half')

    truncateSync(from)
    appendFileSync(from, 'new\n')
    await arrives(to, 'new')

    renameSync(from, `${from}.1`)
    writeFileSync(from, 'rotated\n')
    await arrives(to, 'rotated')
    expect(linesOf(to)).toEqual(['whole', 'half', 'new', 'rotated'])
  })

  test('R-D08: what comes out equals what went in, and after a rolling restart only new lines follow', async () => {
    const { from, to, topic, worker } = await pair(cluster, 'copied')
    const first = ['plain', '', 'Zürich, 東京 und 🚰', '\ttabs and "quotes" \\', 'x'.repeat(100_000)]
    appendFileSync(from, first.map((line) => `${line}\n`).join(''))
    await arrives(to, first.at(-1) ?? '')
    expect(readFileSync(to)).toEqual(readFileSync(from))

    for (const one of cluster.workers) {
      await one.part.stop()
      await one.start()
    }
    for (const name of ['copied-from', 'copied-to']) await inState(worker.url, name, 'RUNNING')
    const second = ['nach dem Neustart: größer', 'last']
    appendFileSync(from, second.map((line) => `${line}\n`).join(''))
    await arrives(to, 'last')
    expect(readFileSync(to)).toEqual(readFileSync(from))
    expect(await readWhole(cluster.bootstrapServers, topic)).toHaveLength(first.length + second.length)
  })
})
