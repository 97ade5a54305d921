import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { traceOf } from '#server/contract/errors.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { type Fault, rewrite, startFaultProxy } from '#server/kafka/testdata/fault-proxy.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { startTestKafka } from '#server/kafka/testdata/test-kafka.ts'
import { readBatches } from '#server/protocol/record-batch.ts'
import { recordingSink, runSink } from '#server/runtime/task/test-tree/sink-bench.ts'
import { kafkaOfFile } from '#server/runtime/test-tree/kafka-of-file.ts'

const { kafka, client, producer, newTopic } = await kafkaOfFile(startTestKafka)
const texts = (from: number, count: number) => Array.from({ length: count }, (_, i) => `${from + i}`)

/** Turns a bit of the batch that begins at an offset, wherever an answer brings it. */
function damaging(offset: number, onDamage: () => void): Fault {
  const damaged = (records: Buffer | null) => {
    if (!records) return records
    const copy = Buffer.from(records)
    for (const { baseOffset, bytes } of readBatches(copy, { verifyCrc: false })) {
      if (baseOffset !== offset) continue
      const at = bytes.length - 2
      bytes[at] = (bytes[at] ?? 0) ^ 1
      onDamage()
    }
    return copy
  }
  return rewrite<'Fetch'>({
    answer: (body) => ({
      ...body,
      responses: body.responses.map((topic) => ({
        ...topic,
        partitions: topic.partitions.map((partition) => ({ ...partition, records: damaged(partition.records) })),
      })),
    }),
  })
}

/** Twenty records in batches of two, which a sink reads through something that damages one of them, so many times. */
async function readThroughDamage(offset: number, times: number) {
  const topic = await newTopic()
  const group = `g-${randomUUID()}`
  for (let from = 0; from < 20; from += 2) {
    await producer.produce(
      topic,
      texts(from, 2).map((value) => ({ key: null, value: Buffer.from(value), partition: 0 })),
    )
  }
  let left = times
  const fault = damaging(offset, () => {
    left--
  })
  const proxy = await startFaultProxy(kafka.bootstrapServers, ({ api }) =>
    api === 'Fetch' && left > 0 ? fault : 'pass',
  )
  const reading = createKafkaClient({
    ...{ bootstrapServers: [proxy.bootstrapServers], clientId: 'test', clock: systemClock, logger: quietLogger },
  })
  const sink = recordingSink()
  const running = runSink(reading, sink, { topics: [topic], group })
  return {
    topic,
    sink,
    ...running,
    async committed() {
      const [found] = await createAdmin(client).groupOffsets(group, [{ topic, partition: 0 }])
      return found?.offset
    },
    async [Symbol.asyncDispose]() {
      running.runner.stop()
      await running.ended.catch(() => undefined)
      await reading[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
    },
  }
}

test('I14, I10: a batch that is corrupt in the log fails the task, which has put and committed all that stands before it', async () => {
  await using reading = await readThroughDamage(8, Number.POSITIVE_INFINITY)
  const { topic, sink, ended, committed } = reading
  const failure: unknown = await ended.catch((error: unknown) => error)
  const trace = traceOf(failure)
  expect(trace).toContain(
    `Received exception when fetching the next record from ${topic}-0. If needed, please seek past`,
  )
  expect(trace).toContain(`Record batch for partition ${topic}-0 at offset 8 is invalid, cause: Record is corrupt`)
  expect(trace).toMatch(/stored crc = \d+, computed crc = \d+/)
  expect(sink.values).toEqual(texts(0, 8))
  expect(await committed()).toBe(8)
})

test('I1, I2, I14: a batch that is damaged on its way is asked for again, and comes once', async () => {
  await using reading = await readThroughDamage(8, 3)
  const { sink, ended, runner, committed } = reading
  await expect.poll(() => sink.values.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(20)
  runner.stop()
  await ended
  expect(sink.values).toEqual(texts(0, 20))
  expect(await committed()).toBe(20)
})
