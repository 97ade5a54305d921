import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '#server/runtime/test-tree/eventually.ts'
import { sourceClass } from '#server/runtime/test-tree/plugins.ts'
import { type RestartableKafka, startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { createTestGroup } from '#server/runtime/test-tree/test-group.ts'

let kafka: RestartableKafka
beforeAll(async () => {
  kafka = await startRestartableKafka()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const config = { 'connector.class': sourceClass, topic: 'lines' }

test('R-J07: a request that times out while Kafka does not answer says what the worker waits for, and since when', async () => {
  await using group = createTestGroup(kafka.bootstrapServers)
  // Longer than the request, so that the worker has not noticed yet that it is cut off from its group.
  const patience = { 'session.timeout.ms': '30000', 'heartbeat.interval.ms': '10000' }
  const settings = { 'sluice.rest.request.timeout.ms': '2000', ...patience }
  const worker = await group.add({ settings })
  const { rest, wire, started } = worker
  await started
  await group.settledAs(worker)
  const before = Date.now()
  wire.freeze()
  const error = await rest.create({ name: 'c', config }).catch((reason: Error) => reason)
  expect(error).toMatchObject({ code: 'REQUEST_TIMED_OUT', status: 500 })
  const { message } = error as Error
  const stage =
    /^Request timed out\. The worker is currently reading to the end of the config topic, which began at (\S+)\.$/
  expect(message).toMatch(stage)
  const [, began] = stage.exec(message) ?? []
  expect(Date.parse(began ?? '')).toBeGreaterThanOrEqual(before)
  wire.mend()
  await eventually('the write to be carried out all the same', async () => (await rest.list()).includes('c'))
})

test('R-J28: a worker is not ready while it connects to Kafka, and says that it does', async () => {
  await using group = createTestGroup(kafka.bootstrapServers)
  await kafka.stop()
  const { rest, started } = await group.add()
  const unready = await rest.health().catch((reason: Error) => reason)
  expect(unready).toMatchObject({ message: expect.stringContaining('connecting to Kafka') })
  await kafka.start()
  await started
  await eventually('the worker to be healthy', async () => (await rest.health()).status === 'healthy')
})

test('R-J22: a worker whose topics need more brokers than there are is not ready, and fails with the reason', async () => {
  await using group = createTestGroup(kafka.bootstrapServers)
  const { rest, started } = await group.add({ settings: { 'status.storage.replication.factor': '3' } })
  await expect(started).rejects.toThrow(/replication/i)
  expect(await rest.health().catch((reason: Error) => reason)).not.toMatchObject({ status: 'healthy' })
})
