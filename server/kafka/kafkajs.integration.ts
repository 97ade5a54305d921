import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createKafkaJs } from '#server/kafka/kafkajs.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { startScriptedBroker } from '#server/kafka/testdata/scripted-broker.ts'
import { startTestKafka, type TestKafka } from '#server/kafka/testdata/test-kafka.ts'
import kafkaJsPackage from '../../node_modules/kafkajs/package.json' with { type: 'json' }

let kafka: TestKafka
beforeAll(async () => {
  kafka = await startTestKafka()
})
afterAll(() => kafka[Symbol.asyncDispose]())

const open = (bootstrapServers: string, deadlineMs = 10_000) =>
  createKafkaJs({
    bootstrapServers: bootstrapServers.split(','),
    clientId: 'test',
    clock: systemClock,
    logger: quietLogger,
    deadlineMs,
  })

test('kafkajs is the version whose timer is mended', () => {
  expect(kafkaJsPackage.version).toBe('2.2.4')
})

test('an idle connection starts no timer and prints nothing', async () => {
  await using kafkaJs = open(kafka.bootstrapServers)
  await kafkaJs.topics()
  const timers = vi.spyOn(globalThis, 'setTimeout')
  const printed = vi.spyOn(process.stdout, 'write')
  for (let i = 0; i < 20; i++) await kafkaJs.topics()
  const inThePast = timers.mock.calls.filter(([, ms]) => ms !== undefined && ms < 0)
  const lines = printed.mock.calls.length
  timers.mockRestore()
  printed.mockRestore()
  expect(inThePast).toEqual([])
  expect(lines).toBe(0)
})

test('a broker that takes a request and never answers is given up at the deadline', async () => {
  await using silent = await startScriptedBroker({ Metadata: () => 'silence' })
  await using kafkaJs = open(`127.0.0.1:${silent.port}`, 300)
  await expect(kafkaJs.topics()).rejects.toMatchObject({ errorName: 'NETWORK_EXCEPTION' })
})

test('a client that was disposed of opens no connection', async () => {
  const kafkaJs = open(kafka.bootstrapServers)
  await kafkaJs[Symbol.asyncDispose]()
  await expect(kafkaJs.topics()).rejects.toMatchObject({ errorName: 'NETWORK_EXCEPTION' })
})
