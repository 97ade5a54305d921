import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { type Admin, createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient, type KafkaClient } from '#server/kafka/client.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { type RestartableKafka, startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { createTestGroup } from '#server/runtime/test-tree/test-group.ts'

let kafka: RestartableKafka
let client: KafkaClient
let admin: Admin
beforeAll(async () => {
  kafka = await startRestartableKafka()
  client = createKafkaClient({
    ...{ bootstrapServers: [kafka.bootstrapServers], clientId: 'test' },
    ...{ clock: systemClock, logger: quietLogger },
  })
  admin = createAdmin(client)
})
afterAll(async () => {
  await client[Symbol.asyncDispose]()
  await kafka[Symbol.asyncDispose]()
})

const kinds = ['config', 'offset', 'status'] as const
const settingsWith = (id: string, more: Record<string, string> = {}) => ({
  ...Object.fromEntries(kinds.map((kind) => [`${kind}.storage.topic`, `${id}-${kind}`])),
  // It would have an events topic, too.
  'sluice.profile': 'safe',
  'sluice.events.topic': `${id}-events`,
  ...more,
})
const topicsOf = async (id: string) =>
  (await admin.describeTopics()).map(({ name }) => name).filter((name) => name.startsWith(id))
const create = (name: string, more: { partitions?: number; policy?: string }) =>
  admin.createTopics([
    {
      ...{ name, partitions: more.partitions ?? 1, replicationFactor: 1 },
      config: { 'cleanup.policy': more.policy ?? 'compact' },
    },
  ])

/** Why a worker does not start, and that Kafka has no more topics for it than before. */
async function refusal(id: string, settings: Record<string, string>): Promise<unknown> {
  const before = await topicsOf(id)
  await using group = createTestGroup(kafka.bootstrapServers)
  const worker = await group.add({ settings })
  const reason: unknown = await worker.started.then(
    () => 'it started',
    (error: unknown) => error,
  )
  expect(await topicsOf(id)).toEqual(before)
  return reason
}

test.each(['key.converter', 'value.converter', 'header.converter'])(
  'a worker whose %s is no class does not start, as with Kafka Connect, and leaves no topic behind',
  async (key) => {
    const id = randomUUID()
    expect(await refusal(id, settingsWith(id, { [key]: 'org.example.Nope' }))).toMatchObject({
      code: 'SETTING_INVALID',
      message: `Invalid value org.example.Nope for configuration ${key}: Class org.example.Nope could not be found.`,
    })
  },
)

test.each(kinds)('a worker whose %s topic is not compacted creates none of the others', async (kind) => {
  const id = randomUUID()
  await create(`${id}-${kind}`, { policy: 'delete' })
  expect(await refusal(id, settingsWith(id))).toMatchObject({
    code: 'SETTING_INVALID',
    message: expect.stringContaining(`Topic '${id}-${kind}' supplied via the '${kind}.storage.topic' property`),
  })
})

test('a worker whose config topic has several partitions creates none of the others', async () => {
  const id = randomUUID()
  await create(`${id}-config`, { partitions: 2 })
  expect(await refusal(id, settingsWith(id))).toMatchObject({
    message: expect.stringContaining('is required to have a single partition'),
  })
})

test('a worker with the group or the config topic of another cluster creates no topics', async () => {
  const [theirs, mine] = [randomUUID(), randomUUID()]
  await using group = createTestGroup(kafka.bootstrapServers)
  const other = await group.add({ settings: settingsWith(theirs, { 'group.id': theirs }) })
  await other.started
  await group.settledAs(other)
  expect(await refusal(mine, settingsWith(mine, { 'group.id': theirs }))).toMatchObject({
    message: expect.stringContaining(`The group '${theirs}' of group.id is that of another Connect cluster`),
  })
  const shared = { 'group.id': mine, 'config.storage.topic': `${theirs}-config` }
  expect(await refusal(mine, settingsWith(mine, shared))).toMatchObject({
    message: expect.stringContaining(`is that of the Connect cluster '${theirs}'`),
  })
})

test.each(kinds)('a %s topic that Kafka does not create is told with its property and what to do', async (kind) => {
  const id = randomUUID()
  const property = `${kind}.storage.replication.factor`
  await using group = createTestGroup(kafka.bootstrapServers)
  const worker = await group.add({ settings: settingsWith(id, { [property]: '3' }) })
  await expect(worker.started).rejects.toMatchObject({
    code: 'SETTING_INVALID',
    message: `Topic '${id}-${kind}' of the '${kind}.storage.topic' property cannot be created. Kafka says INVALID_REPLICATION_FACTOR: Replication factor: 3 larger than available brokers: 1. Set '${property}', which is 3, to a number of brokers that there are, or start more of them.`,
  })
})
