import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { inState, taskInState } from '#e2e/harness/rest.ts'
import { writeTopic } from '#e2e/harness/topic.ts'
import { createTopic } from '#e2e/harness/topic-settings.ts'
import { arrives, create, linesOf, sinkOf } from '#e2e/reliability/file-pair.ts'

let cluster: Cluster
let worker: ConnectWorker

beforeAll(async () => {
  cluster = await startCluster()
  worker = cluster.workers[0] as ConnectWorker
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

const each = 500
const good = Array.from({ length: each }, (_, n) => `good ${n}`)
const bad = Array.from({ length: each }, (_, n) => `{bad ${n}`)
const mixed = good.flatMap((line, n) => [JSON.stringify(line), bad[n] as string])
const json = {
  'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
  'value.converter.schemas.enable': 'false',
}

async function mixedTopic(name: string): Promise<string> {
  const topic = `${cluster.group}-${name}`
  await createTopic(cluster.bootstrapServers, topic, { partitions: 1, config: {} })
  await writeTopic(cluster.bootstrapServers, topic, mixed)
  return topic
}

test('R-D15: with errors.tolerance all every good record arrives, in order, and the task goes on', async () => {
  const topic = await mixedTopic('tolerant')
  const file = cluster.file('tolerant.out')
  await create(worker, 'tolerant', { ...sinkOf(file, topic), ...json, 'errors.tolerance': 'all' })
  await arrives(file, `good ${each - 1}`)
  expect(linesOf(file)).toEqual(good)
  await inState(worker.url, 'tolerant', 'RUNNING')
})

test('R-D15: with errors.tolerance none the first bad record fails the task, and nothing behind it is delivered', async () => {
  const topic = await mixedTopic('strict')
  const file = cluster.file('strict.out')
  await create(worker, 'strict', { ...sinkOf(file, topic), ...json })
  const failed = await taskInState(worker.url, 'strict', 'FAILED')
  expect(failed.tasks[0].trace).toMatch(/bad 0|JSON|Converting byte\[\]/)
  expect(linesOf(file).filter((line) => line !== 'good 0')).toEqual([])
})
