import { describe, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { openConnection } from '#server/kafka/connection.ts'
import { type Script, startScriptedBroker } from '#server/kafka/testdata/scripted-broker.ts'
import { encodeResponse } from '#server/protocol/codec.ts'

const open = (port: number, requestTimeoutMs = 10_000) =>
  openConnection({
    host: '127.0.0.1',
    port,
    clientId: 'test',
    clock: systemClock,
    requestTimeoutMs,
    connectTimeoutMs: 10_000,
    maxFrameBytes: 1000,
  })
const beat = { groupId: 'g', memberId: 'm' }

test('answers come back to the requests they belong to, many under way at once', async () => {
  await using broker = await startScriptedBroker({ Heartbeat: ({ body }) => ({ throttleTimeMs: body.generationId }) })
  const connection = await open(broker.port)
  const numbers = Array.from({ length: 200 }, (_, i) => i)
  const answers = await Promise.all(numbers.map((n) => connection.call('Heartbeat', { ...beat, generationId: n })))
  expect(answers.map(({ throttleTimeMs }) => throttleTimeMs)).toEqual(numbers)
  connection.close()
})

test('a request takes the newest version that both sides know', async () => {
  await using broker = await startScriptedBroker({
    ApiVersions: () => ({
      apiKeys: [
        { apiKey: 12, minVersion: 0, maxVersion: 2 },
        { apiKey: 0, minVersion: 99, maxVersion: 100 },
      ],
    }),
    Heartbeat: () => ({}),
  })
  const connection = await open(broker.port)
  await connection.call('Heartbeat', beat)
  expect(broker.requests.at(-1)).toMatchObject({ api: 'Heartbeat', version: 2, clientId: 'test' })
  await expect(connection.call('Produce', {})).rejects.toMatchObject({ errorName: 'UNSUPPORTED_VERSION' })
  connection.close()
})

test('a broker that refuses our version of ApiVersions is asked in the first one', async () => {
  await using broker = await startScriptedBroker({
    ApiVersions: ({ version, correlationId }) => {
      const apiKeys = [{ apiKey: 12, minVersion: 0, maxVersion: 1 }]
      if (version === 0) return { apiKeys }
      return Buffer.concat(encodeResponse('ApiVersions', 0, correlationId, { errorCode: 35, apiKeys }))
    },
  })
  const connection = await open(broker.port)
  expect(connection.version('Heartbeat')).toBe(1)
  connection.close()
})

describe('ends with NETWORK_EXCEPTION for every open request', () => {
  test.each<[string, Script]>([
    ['when the broker hangs up', { Heartbeat: () => 'hang up' }],
    ['when one request is past its deadline', { Heartbeat: () => 'silence' }],
    [
      'R-K10: when a frame is larger than allowed, before its bytes come',
      { Heartbeat: () => Buffer.from([0, 0, 4, 1]) },
    ],
    ['when a frame has a negative size', { Heartbeat: () => Buffer.from([255, 0, 0, 0]) }],
    ['when an answer belongs to no request', { Heartbeat: () => Buffer.from([0, 0, 0, 4, 9, 9, 9, 9]) }],
  ])('%s', async (_, script) => {
    await using broker = await startScriptedBroker(script)
    const connection = await open(broker.port, 50)
    const calls = [connection.call('Heartbeat', beat), connection.call('Heartbeat', beat)]
    const outcomes = await Promise.allSettled(calls)
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: { errorName: 'NETWORK_EXCEPTION' } })
    expect(connection.closed).toBe(true)
    await expect(connection.call('Heartbeat', beat)).rejects.toMatchObject({ errorName: 'NETWORK_EXCEPTION' })
  })

  test('when it is closed by us', async () => {
    await using broker = await startScriptedBroker({ Heartbeat: () => 'silence' })
    const connection = await open(broker.port)
    const call = connection.call('Heartbeat', beat)
    connection.close()
    await expect(call).rejects.toMatchObject({ errorName: 'NETWORK_EXCEPTION' })
  })
})
