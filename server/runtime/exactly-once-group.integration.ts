import { expect, test } from 'vitest'
import type { Herder } from '#server/contract/herder.ts'
import { createTransactionalProducer } from '#server/kafka/transactional-producer.ts'
import { readTopic } from '#server/runtime/task/test-tree/read-topic.ts'
import { eventually } from '#server/runtime/test-tree/eventually.ts'
import { kafkaOfFile } from '#server/runtime/test-tree/kafka-of-file.ts'
import { sinkClass, sourceClass } from '#server/runtime/test-tree/plugins.ts'
import { startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { createTestGroup, type TestGroup, type TestWorker } from '#server/runtime/test-tree/test-group.ts'

const { kafka, client } = await kafkaOfFile(startRestartableKafka)

const groupWith = (support: string) =>
  createTestGroup(kafka.bootstrapServers, { 'exactly.once.source.support': support })
const source = (count: number) => ({ 'connector.class': sourceClass, topic: 'lines', 'tasks.max': `${count}` })
const running = (herder: Herder, name: string, tasks: number) =>
  eventually(`${tasks} tasks of ${name} to run`, async () => {
    const status = await herder.status(name).catch(() => undefined)
    return status?.tasks.length === tasks && status.tasks.every(({ state }) => state === 'RUNNING')
  })
const configRecords = async ({ workers: [worker] }: TestGroup, key: string) => {
  const group = (await worker?.rest.cluster())?.groupId
  const records = await readTopic(client, `${group}-config`, 0, 'read_committed')
  return records.flatMap((record) => (record.key === key ? [record.value] : []))
}
/** The group of another leader, who takes what this one writes with. */
async function takeLeadersId(group: TestGroup) {
  const transactionalId = `connect-cluster-${(await group.workers[0]?.rest.cluster())?.groupId}`
  await using thief = createTransactionalProducer(client, { transactionalId })
  await thief.initTransactions()
}

test('R-J16: each new set of tasks fences as many producers as there may have been, and writes how many there may be', async () => {
  await using group = groupWith('enabled')
  const fenced: string[] = []
  const first = await group.add({ wishes: { fenced } })
  await first.started
  const second = await group.add({ wishes: { fenced } })
  await second.started
  await group.settledAs(first, second)
  await first.rest.create({ name: 'c', config: source(3) })
  await running(first.rest, 'c', 3)
  for (const count of [5, 1, 1, 5, 3]) {
    // The value differs each time, so that tasks are configured anew although there are as many.
    await first.rest.putConfig('c', { ...source(count), topic: `t${fenced.length}-${count}` })
    await running(first.rest, 'c', count)
    await eventually('the round to be written down', async () => {
      const counts = await configRecords(group, 'tasks-fencing-c')
      return counts.at(-1) === `{"task-count":${count}}`
    })
  }
  expect(fenced).toEqual(['c 3', 'c 5', 'c 1', 'c 5'])
  expect(group.ownership.violations).toEqual([])
})

test('R-J16: where fencing is not permitted the tasks are FAILED, and run after a restart once it is', async () => {
  await using group = groupWith('enabled')
  const mayNotFence = new Set(['c'])
  const leader = await group.add({ wishes: { mayNotFence } })
  await leader.started
  await group.settledAs(leader)
  await leader.rest.create({ name: 'c', config: source(2) })
  await running(leader.rest, 'c', 2)
  await leader.rest.putConfig('c', source(3))
  await eventually('3 tasks of c to have failed', async () => {
    const { tasks } = await leader.rest.status('c')
    return tasks.length === 3 && tasks.every(({ trace }) => trace?.includes('Transactional Id authorization failed.'))
  })
  mayNotFence.clear()
  await leader.rest.restart('c', { includeTasks: true, onlyFailed: true })
  await running(leader.rest, 'c', 3)
  expect(group.ownership.violations).toEqual([])
})

test('what changes in the config topic is fenced: a leader that lost it fails one write, and then takes it back', async () => {
  await using group = groupWith('preparing')
  const leader = await group.add()
  await leader.started
  await group.settledAs(leader)
  await leader.rest.create({ name: 'c', config: source(1) })
  await running(leader.rest, 'c', 1)
  await takeLeadersId(group)
  await expect(leader.rest.putConfig('c', source(2))).rejects.toMatchObject({
    status: 500,
    message:
      'Failed to write to config topic; this may be due to a transient error and the request can be safely retried',
  })
  await leader.rest.putConfig('c', source(3))
  await running(leader.rest, 'c', 3)
  // Nobody fences tasks yet, and any worker may still pause.
  expect(await configRecords(group, 'tasks-fencing-c')).toEqual([])
  await takeLeadersId(group)
  await leader.rest.setTargetState('c', 'PAUSED')
  expect(await configRecords(group, 'target-state-c')).toEqual(['{"state":"PAUSED","state.v2":"PAUSED"}'])
})

test('a group goes from disabled to enabled, worker by worker, and is changed and runs at every step', async () => {
  await using group = createTestGroup(kafka.bootstrapServers)
  const workers: TestWorker[] = []
  let changes = 0
  for (const support of ['disabled', 'disabled', 'preparing', 'preparing', 'enabled', 'enabled']) {
    if (workers.length === 2) await workers.shift()?.[Symbol.asyncDispose]()
    const fresh = await group.add({ settings: { 'exactly.once.source.support': support } })
    workers.push(fresh)
    await fresh.started
    await group.settledAs(...workers)
    await fresh.rest.putConfig('c', { ...source(2), topic: `t${changes++}` })
    await running(fresh.rest, 'c', 2)
  }
  const counts = await configRecords(group, 'tasks-fencing-c')
  expect(counts.at(-1)).toBe('{"task-count":2}')
  expect(group.ownership.violations).toEqual([])
})

test('where exactly-once is disabled nobody is fenced from the config topic', async () => {
  await using group = groupWith('disabled')
  const leader = await group.add()
  await leader.started
  await group.settledAs(leader)
  await takeLeadersId(group)
  await leader.rest.create({ name: 'c', config: source(1) })
  await running(leader.rest, 'c', 1)
})

test('fencing is asked of sources that exist, in a group that has exactly-once', async () => {
  await using group = groupWith('enabled')
  const leader = await group.add()
  await leader.started
  await group.settledAs(leader)
  await leader.rest.create({ name: 's', config: { 'connector.class': sinkClass, topics: 'lines' } })
  const { fenceZombies } = leader.worker.internal
  await expect(fenceZombies('s')).rejects.toMatchObject({
    status: 400,
    message: 'Connector s is not a source connector',
  })
  await expect(fenceZombies('none')).rejects.toMatchObject({ status: 404, message: 'Connector none not found' })
})
