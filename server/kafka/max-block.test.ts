import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createKafkaClient } from '#server/kafka/client.ts'
import { createProducer, type Producer, type ProducerOptions } from '#server/kafka/producer.ts'
import { blockClock, maxBlockMs } from '#server/kafka/testdata/block-clock.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { type Script, startScriptedBroker } from '#server/kafka/testdata/scripted-broker.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'

interface Time {
  /** Lets the time of whatever waits pass. */
  expire(): void
  /** How often the broker was asked about topics. */
  asked(): number
}

async function withProducer(
  script: Script,
  options: Partial<ProducerOptions>,
  run: (producer: Producer, time: Time) => Promise<void>,
) {
  const { clock, ...passing } = blockClock()
  await using broker = await startScriptedBroker(script)
  await using client = createKafkaClient({
    ...{ bootstrapServers: [`127.0.0.1:${broker.port}`], clientId: 'test', clock, logger: quietLogger },
    ...{ retryBackOff: { firstMs: 5, mostMs: 5 } },
  })
  const producer = createProducer(client, { acks: -1, idempotent: false, maxBatchBytes: 1_024, maxBlockMs, ...options })
  await run(producer, {
    expire: passing.expire,
    asked: () => broker.requests.filter(({ api }) => api === 'Metadata').length,
  })
}

const unknownTopic: Script = {
  Metadata: ({ body }) => ({
    brokers: [],
    topics: (body.topics ?? []).map(({ name }) => ({
      name,
      errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code,
    })),
  }),
}
const value = (bytes: number) => ({ key: null, value: Buffer.alloc(bytes), partition: 0 })

test.each<[string, Script, string | undefined]>([
  ['is not there', unknownTopic, 'UNKNOWN_TOPIC_OR_PARTITION'],
  ['nobody tells anything of', { Metadata: () => 'silence' }, undefined],
  ['nobody can be asked for', { Metadata: () => 'hang up' }, 'NETWORK_EXCEPTION'],
])('a topic that %s is waited for no longer than max.block.ms', async (_, script, cause) => {
  await withProducer(script, {}, async (producer, { expire, asked }) => {
    const waiting = Promise.allSettled([producer.ready('t'), producer.produce('t', [value(1)])])
    // Both have heard what there is to hear.
    await expect.poll(asked).toBeGreaterThanOrEqual(cause ? 6 : 1)
    expire()
    for (const refusal of await waiting) {
      const message = expect.stringContaining('Topic t not present in metadata after 10000000 ms.')
      expect(refusal).toMatchObject({ status: 'rejected', reason: { errorName: 'REQUEST_TIMED_OUT', message } })
      const why = refusal.status === 'rejected' ? refusal.reason.cause?.errorName : undefined
      expect(why).toBe(cause)
    }
  })
})

test('a topic that comes in time is not given up, however often it was not there before', async () => {
  let asked = 0
  const comes: Script = {
    Metadata(request) {
      asked++
      const { body } = request
      if (asked < 20) return unknownTopic.Metadata?.(request) ?? 'silence'
      return {
        brokers: [{ nodeId: 1, host: '127.0.0.1', port: 1 }],
        topics: (body.topics ?? []).map(({ name }) => ({ name, partitions: [{ partitionIndex: 0, leaderId: 1 }] })),
      }
    },
  }
  await withProducer(comes, {}, async (producer) => {
    expect(await producer.ready('t')).toEqual({ partitions: 1 })
    expect(asked).toBeGreaterThanOrEqual(20)
  })
})

test('memory that nobody gives back is waited for no longer than max.block.ms', async () => {
  const stuck: Script = { Produce: () => 'silence' }
  await withProducer(stuck, { bufferBytes: 2_048, requestTimeoutMs: 60_000 }, async (producer, { expire }) => {
    const exhausted = (bytes: string, available: number) =>
      expect.stringMatching(
        `Failed to allocate ${bytes} bytes within the configured max blocking time 10000000 ms. Total memory: 2048 bytes. Available memory: ${available} bytes. Poolable size: 1024 bytes$`,
      )
    async function isLate(call: Promise<unknown>, message: unknown) {
      await nextTurn()
      expire()
      await expect(call).rejects.toMatchObject({ errorName: 'REQUEST_TIMED_OUT', message })
    }
    await producer.ready('t')
    const underWay = [producer.newBatch(), producer.newBatch()]
    await isLate(producer.room(), exhausted('1024', 0))
    await isLate(producer.produce('t', [value(10)]), exhausted('1024', 0))
    for (const batch of underWay) producer.release(batch)
    await producer.room()
    producer.newBatch()
    // A large record wants memory of its own.
    await isLate(producer.produce('t', [value(5_000)]), exhausted('5\\d\\d\\d', 1_024))
  })
})

test('who may stop waits no longer than until then', async () => {
  await withProducer({}, { bufferBytes: 1_024 }, async (producer) => {
    producer.newBatch()
    const stop = new AbortController()
    const waiting = producer.room(stop.signal)
    stop.abort(new Error('stopped'))
    await expect(waiting).rejects.toThrow('stopped')
  })
})
