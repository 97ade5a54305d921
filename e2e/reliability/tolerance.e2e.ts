import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { askSettled, inState, taskInState } from '#e2e/harness/rest.ts'
import { readTopic, readWhole, writeTopic } from '#e2e/harness/topic.ts'
import { alterTopic, createTopic } from '#e2e/harness/topic-settings.ts'
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

async function mixedTopic(name: string, records = mixed): Promise<string> {
  const topic = `${cluster.group}-${name}`
  await createTopic(cluster.bootstrapServers, topic, { partitions: 1, config: {} })
  await writeTopic(cluster.bootstrapServers, topic, records)
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

const letters = (queue: string) => ({
  'errors.tolerance': 'all',
  'errors.deadletterqueue.topic.name': queue,
  'errors.deadletterqueue.topic.replication.factor': '1',
  'errors.deadletterqueue.context.headers.enable': 'true',
})

test('R-D15: every bad record is in the dead letter queue, in order, with all that is known of it', async () => {
  const topic = await mixedTopic('queued')
  const [file, queue] = [cluster.file('queued.out'), `${cluster.group}-letters`]
  await create(worker, 'queued', { ...sinkOf(file, topic), ...json, ...letters(queue) })
  const dead = await readTopic(cluster.bootstrapServers, queue, each)
  expect(dead.map(({ value }) => String(value))).toEqual(bad)
  const told = (name: string, text: unknown) => [`__connect.errors.${name}`, text]
  for (const [n, { headers }] of dead.entries()) {
    expect(headers).toEqual(
      Object.fromEntries([
        told('topic', topic),
        told('partition', '0'),
        told('offset', String(2 * n + 1)),
        told('connector.name', 'queued'),
        told('task.id', '0'),
        told('stage', 'VALUE_CONVERTER'),
        told('class.name', 'org.apache.kafka.connect.json.JsonConverter'),
        told('exception.class.name', 'org.apache.kafka.connect.errors.DataException'),
        told('exception.message', expect.stringMatching(/./)),
        told('exception.stacktrace', expect.stringContaining('DataException')),
      ]),
    )
  }
  await arrives(file, `good ${each - 1}`)
  expect(linesOf(file)).toEqual(good)
  await inState(worker.url, 'queued', 'RUNNING')
})

test('R-D15: while the dead letter queue takes nothing the task has failed, and nothing bad or good is lost', async () => {
  const few = 10
  const topic = await mixedTopic('unavailable', mixed.slice(0, 2 * few))
  const [file, queue] = [cluster.file('unavailable.out'), `${cluster.group}-refusing`]
  await createTopic(cluster.bootstrapServers, queue, { partitions: 1, config: { 'max.message.bytes': '50' } })
  await create(worker, 'unavailable', { ...sinkOf(file, topic), ...json, ...letters(queue) })
  const failed = await taskInState(worker.url, 'unavailable', 'FAILED')
  expect(failed.tasks[0].trace).toMatch(/larger|large|MESSAGE_TOO_LARGE/i)
  expect(await readWhole(cluster.bootstrapServers, queue)).toEqual([])

  await alterTopic(cluster.bootstrapServers, queue, { 'max.message.bytes': '1000000' })
  expect(await askSettled(worker.url, 'POST', '/connectors/unavailable/tasks/0/restart')).toMatchObject({ status: 204 })
  await arrives(file, `good ${few - 1}`)
  expect([...new Set(linesOf(file))]).toEqual(good.slice(0, few))
  const dead = await readTopic(cluster.bootstrapServers, queue, few)
  expect([...new Set(dead.map(({ value }) => String(value)))]).toEqual(bad.slice(0, few))
})
