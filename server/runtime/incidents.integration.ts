import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '#server/runtime/test-tree/eventually.ts'
import { sourceClass } from '#server/runtime/test-tree/plugins.ts'
import { type RestartableKafka, startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { createTestGroup, type TestGroup, type TestWorker } from '#server/runtime/test-tree/test-group.ts'

const full = process.env.SLUICE_TEST_FULL === '1'
const config = { 'connector.class': sourceClass, topic: 't', 'tasks.max': '1' }

let kafka: RestartableKafka
beforeAll(async () => {
  kafka = await startRestartableKafka()
})
afterAll(() => kafka[Symbol.asyncDispose]())

async function twoWorkers(group: TestGroup, wishes: Parameters<TestGroup['add']>[0] = {}) {
  const workers = [await group.add(wishes), await group.add(wishes)] as const
  await Promise.all(workers.map(({ started }) => started))
  const view = await group.settledAs(...workers)
  const leads = (one: TestWorker) => view.workers.some(({ id, leader }) => leader && id === one.id)
  const [leader, follower] = leads(workers[0]) ? workers : [workers[1], workers[0]]
  return { leader, follower }
}

test('R-I05: the count of restarts goes on when the leader goes, and ends where the policy says', async () => {
  await using group = createTestGroup(kafka.bootstrapServers)
  const failing = new Set<string>()
  const { leader, follower } = await twoWorkers(group, { wishes: { failing } })
  const policy = {
    'sluice.restart.policy': 'on-failure',
    'sluice.restart.max.attempts': '6',
    'sluice.restart.backoff.ms': '400',
    'sluice.restart.backoff.max.ms': '400',
  }
  await leader.rest.create({ name: 'c', config: { ...config, 'tasks.max': '2', ...policy } })
  await eventually('both tasks to run', () => ['c-0', 'c-1'].every((name) => group.ownership.ownerOf(name)))
  await group.settledAs(leader, follower)
  const [name = ''] = group.ownership.heldBy(follower.id).filter((held) => held.startsWith('c-'))
  const before = group.ownership.starts(name)
  failing.add(name)
  await follower.rest.restartTask({ connector: 'c', task: Number(name.slice(2)) })
  const known = async () => (await follower.worker.herder.recoveries()).find(({ task }) => task !== null)
  await eventually('two restarts', async () => ((await known())?.attempt ?? 0) >= 2)
  await leader[Symbol.asyncDispose]()
  await eventually('the end of its budget', async () => (await known())?.stays === 'spent')
  expect(group.ownership.starts(name)).toBe(before + 1 + 6)
})

describe('a worker is refused, in words, and disturbs nobody', () => {
  test('R-I07: in a group whose workers keep their state in other topics', async () => {
    await using group = createTestGroup(kafka.bootstrapServers)
    const { leader, follower } = await twoWorkers(group)
    const { generation } = await group.settledAs(leader, follower)
    for (const key of ['config.storage.topic', 'offset.storage.topic', 'status.storage.topic']) {
      const stranger = await group.add({ settings: { [key]: `other-${key}` } })
      await expect(stranger.started).rejects.toThrow(
        new RegExp(`is that of another Connect cluster: ${key} is 'other-${key}' here, and 'g-.*' on its worker http`),
      )
      await stranger[Symbol.asyncDispose]()
    }
    expect((await group.settledAs(leader, follower)).generation).toBe(generation)
  })

  test('R-I22: on the config topic of another cluster, as long as that runs', async () => {
    await using group = createTestGroup(kafka.bootstrapServers)
    const { leader, follower } = await twoWorkers(group)
    const settings = { 'group.id': `other-${crypto.randomUUID()}` }
    const stranger = await group.add({ settings })
    await expect(stranger.started).rejects.toThrow(
      /^The topic 'g-.*' of config\.storage\.topic is that of the Connect cluster 'g-/,
    )
    await stranger[Symbol.asyncDispose]()
    await leader[Symbol.asyncDispose]()
    await follower[Symbol.asyncDispose]()
    const heir = await group.add({ settings })
    await heir.started
    await group.settledAs(heir)
  })
})

test('R-I13: what one worker created the other one knows at once', async () => {
  await using group = createTestGroup(kafka.bootstrapServers)
  const { leader, follower } = await twoWorkers(group)
  for (let round = 0; round < (full ? 10_000 : 30); round++) {
    const [one, other] = round % 2 === 0 ? [leader, follower] : [follower, leader]
    const name = `c${round}`
    await one.rest.create({ name, config, initialState: 'STOPPED' })
    const [info, stored, tasks] = await Promise.all([
      other.rest.info(name),
      other.rest.config(name),
      other.rest.tasks(name),
    ])
    expect([info.name, stored.topic, tasks]).toEqual([name, 't', []])
    await other.rest.delete(name)
    await expect(other.rest.info(name)).rejects.toMatchObject({ code: 'CONNECTOR_NOT_FOUND' })
  }
})

test('R-I17: a config that no record holds is refused with its size, and changes nothing', async () => {
  await using group = createTestGroup(kafka.bootstrapServers)
  const one = await group.add()
  await one.started
  const { herder } = one.worker
  await herder.create({ name: 'c', config, initialState: 'STOPPED' })
  const large = { ...config, topic: 'x'.repeat(2 * 1024 * 1024) }
  const refused = { code: 'CONFIG_TOO_LARGE', message: expect.stringMatching(/ takes 20972\d\d bytes, .*max\.message/) }
  await expect(herder.putConfig('c', large)).rejects.toMatchObject(refused)
  await expect(herder.create({ name: 'd', config: large })).rejects.toMatchObject(refused)
  expect(await herder.list()).toEqual(['c'])
  expect((await herder.config('c')).topic).toBe('t')
  await herder.putConfig('c', { ...config, topic: 'u' })
  expect((await herder.config('c')).topic).toBe('u')
})

test('R-I11: a start that hangs and a hundred connectors at once hold no worker up', async () => {
  await using group = createTestGroup(kafka.bootstrapServers)
  const { leader, follower } = await twoWorkers(group, { wishes: { hanging: new Set(['hangs']) } })
  await leader.rest.create({ name: 'hangs', config })
  const names = Array.from({ length: 100 }, (_, n) => `c${n}`)
  const begunAt = performance.now()
  await Promise.all(names.map((name, n) => (n % 2 ? leader : follower).rest.create({ name, config })))
  const askedAt = performance.now()
  expect((await follower.rest.list()).length).toBeGreaterThan(0)
  const answeredMs = performance.now() - askedAt
  await eventually('a task of each', () => names.every((name) => group.ownership.ownerOf(`${name}-0`)))
  // Kafka Connect took five to fifteen minutes for two hundred; generous here, for a busy machine.
  expect(performance.now() - begunAt).toBeLessThan(30_000)
  expect(answeredMs).toBeLessThan(2_000)
})
