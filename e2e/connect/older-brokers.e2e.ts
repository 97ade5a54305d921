import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startCluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { startKafkaNode } from '#e2e/harness/jvm.ts'
import { askSettled, inState } from '#e2e/harness/rest.ts'
import { arrives, create, linesOf, sinkOf, sourceOf } from '#e2e/reliability/file-pair.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import { bringKafka } from '#tools/kafka-jars.ts'

/** The first with a controller of its own, and the last before 4.0. */
const versions = ['3.3.2', '3.9.1']

test.each(versions)(
  'R-D12: workers form their group on Kafka %s, copy files, and go on after a restart',
  async (version) => {
    await using lifecycle = createLifecycle()
    const folder = mkdtempSync(join(tmpdir(), 'sluice-older-'))
    lifecycle.defer(() => rmSync(folder, { recursive: true, force: true }))
    const node = lifecycle.own(await startKafkaNode(folder, { older: bringKafka(version) }))
    const cluster = lifecycle.own(await startCluster({ workers: 2, bootstrapServers: node.bootstrapServers }))
    const [first, second] = cluster.workers as [ConnectWorker, ConnectWorker]
    const [from, to, topic] = [cluster.file('in.txt'), cluster.file('out.txt'), `${cluster.group}-lines`]
    writeFileSync(from, 'one\ntwo\n')
    await create(first, 'source', sourceOf(from, topic))
    await create(second, 'sink', sinkOf(to, topic))
    await arrives(to, 'two')
    for (const worker of cluster.workers) {
      await worker.part.stop()
      await worker.start()
    }
    await inState(first.url, 'source', 'RUNNING')
    await inState(first.url, 'sink', 'RUNNING')
    appendFileSync(from, 'three\n')
    await arrives(to, 'three')
    expect(linesOf(to)).toEqual(['one', 'two', 'three'])

    // What the admin client is asked for: offsets of groups and of sources, and their end.
    for (const name of ['source', 'sink']) {
      expect(await askSettled(second.url, 'PUT', `/connectors/${name}/stop`)).toMatchObject({ status: 204 })
      await inState(second.url, name, 'STOPPED', 0)
      expect(await askSettled(second.url, 'DELETE', `/connectors/${name}/offsets`)).toMatchObject({ status: 200 })
      expect(await askSettled(second.url, 'DELETE', `/connectors/${name}`)).toMatchObject({ status: 204 })
    }
  },
)
