import { randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createDeadLetters } from '#server/runtime/task/dead-letters.ts'
import { readTopic } from '#server/runtime/task/test-tree/read-topic.ts'
import { type RecordingSink, recordingSink, runSink } from '#server/runtime/task/test-tree/sink-bench.ts'
import { byteConverters, runSource } from '#server/runtime/task/test-tree/source-bench.ts'
import { numbered, waitingSource } from '#server/runtime/task/test-tree/waiting-source.ts'
import { kafkaOfFile } from '#server/runtime/test-tree/kafka-of-file.ts'
import { startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { RetriableError } from '#server/sdk/data-error.ts'
import { plain } from '#server/sdk/schema.ts'

const { kafka, client, producer } = await kafkaOfFile(startRestartableKafka)

const createTopic = (name: string, config: Record<string, string> = {}) =>
  createAdmin(client).createTopics([{ name, partitions: 1, replicationFactor: 1, config }])
async function newTopic(config: Record<string, string> = {}) {
  const name = `t-${randomUUID()}`
  await createTopic(name, config)
  return name
}
const texts = (from: number, count: number) => Array.from({ length: count }, (_, i) => `${from + i}`)
const write = (topic: string, values: readonly string[]) =>
  producer.produce(
    topic,
    values.map((value) => ({ key: null, value: Buffer.from(value), partition: 0 })),
  )
const valuesOf = async (topic: string, count: number) =>
  (await readTopic(client, topic, count)).map(({ value }) => value)
const arrives = (sink: RecordingSink, count: number) =>
  expect.poll(() => sink.values.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(count)
const committed = async (group: string, topic: string) =>
  (await createAdmin(client).groupOffsets(group, [{ topic, partition: 0 }]))[0]?.offset

const tolerant = { 'errors.tolerance': 'all' }

test('R-I02: with tolerance every polled record is sent or skipped, is counted as that, and its offset is committed', async () => {
  const kinds = fc.constantFrom('good', 'unreadable', 'oversize')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(kinds, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 }),
      async (polls) => {
        const topic = await newTopic({ 'max.message.bytes': '1000' })
        const task = waitingSource()
        const source = runSource(client, task, { converters: byteConverters(), config: tolerant })
        let n = 0
        const bytesOf = { good: (at: number) => `${at}`, oversize: () => 'x'.repeat(3_000) }
        const recordOf = (kind: string) => {
          const at = n++
          if (kind === 'unreadable') return numbered(topic, at, { value: `text ${at}` })
          const value = Buffer.from(bytesOf[kind as keyof typeof bytesOf](at))
          return numbered(topic, at, { valueSchema: plain.bytes, value })
        }
        const idle = task.waiting()
        task.push(...polls.map((poll) => poll.map(recordOf)))
        await idle
        source.runner.stop()
        await source.ended
        const measured = Object.fromEntries(source.measured())
        const sumOf = (sensor: string) => measured[sensor]?.sum ?? 0
        const good = polls.flat().flatMap((kind, at) => (kind === 'good' ? [`${at}`] : []))
        expect(sumOf('source-record-poll')).toBe(n)
        expect(sumOf('source-record-write') + sumOf('total-record-failures')).toBe(n)
        expect(await valuesOf(topic, good.length)).toEqual(good)
        expect(source.stored() ?? 0).toBe(n)
      },
    ),
    { numRuns: 6 },
  )
})

describe('R-I18: one record in a thousand that Kafka refuses for its size', () => {
  const thousand = (topic: string) =>
    Array.from({ length: 1_000 }, (_, n) => numbered(topic, n, { value: n === 500 ? 'x'.repeat(5_000) : `${n}` }))

  test('is left out with tolerance, and no other of its poll is sent twice or lost', async () => {
    const topic = await newTopic({ 'max.message.bytes': '2000' })
    const task = waitingSource()
    const source = runSource(client, task, { config: tolerant })
    const idle = task.waiting()
    task.push(thousand(topic))
    await idle
    source.runner.stop()
    await source.ended
    expect(await valuesOf(topic, 999)).toEqual(texts(0, 1_000).filter((value) => value !== '500'))
    expect(source.stored()).toBe(1_000)
  })

  test('fails the task without, and what is committed is what arrived', async () => {
    const topic = await newTopic({ 'max.message.bytes': '2000' })
    const task = waitingSource()
    const source = runSource(client, task)
    task.push(thousand(topic))
    await expect(source.ended).rejects.toThrow('Unrecoverable exception')
    const stored = source.stored() ?? 0
    expect(stored).toBeLessThanOrEqual(500)
    const before = await valuesOf(topic, 0)
    expect(new Set(before).size).toBe(before.length)
    expect(before.slice(0, stored)).toEqual(texts(0, stored))
  })
})

test('R-I14: a put that takes longer than session and poll interval costs no rebalance and repeats nothing', async () => {
  const topic = await newTopic()
  const group = `g-${randomUUID()}`
  const sink: RecordingSink = recordingSink({
    async put(batch) {
      if (batch.count === 0) return
      await after(2_500)
      for (const record of batch) sink.values.push(record.value as string)
    },
  })
  const running = runSink(client, sink, { topics: [topic], group, sessionTimeoutMs: 600, rebalanceTimeoutMs: 600 })
  await write(topic, texts(0, 3))
  await arrives(sink, 3)
  await write(topic, texts(3, 3))
  await arrives(sink, 6)
  running.runner.stop()
  await running.ended
  expect(sink.values).toEqual(texts(0, 6))
  expect(sink.calls.filter((call) => call === 'open' || call === 'close')).toEqual(['open', 'close'])
  expect(await committed(group, topic)).toBe(6)
})

test('R-I14: with max.poll.interval.ms a put that takes longer costs the partitions and their records come again, not the task', async () => {
  const topic = await newTopic()
  const group = `g-${randomUUID()}`
  const left = Promise.withResolvers<void>()
  const logger = { ...quietLogger, warn: (message: string) => void (/poll timeout/.test(message) && left.resolve()) }
  let slow = true
  const sink: RecordingSink = recordingSink({
    async put(batch) {
      if (batch.count === 0) return
      if (slow) await left.promise
      slow = false
      for (const record of batch) sink.values.push(record.value as string)
    },
  })
  const own = createKafkaClient({
    bootstrapServers: [kafka.bootstrapServers],
    clientId: 'r-i14',
    clock: systemClock,
    logger,
  })
  await write(topic, texts(0, 3))
  const running = runSink(own, sink, { topics: [topic], group, maxPollIntervalMs: 500 })
  await arrives(sink, 6)
  running.runner.stop()
  await running.ended
  await own[Symbol.asyncDispose]()
  expect(sink.values).toEqual([...texts(0, 3), ...texts(0, 3)])
  expect(sink.calls.filter((call) => call === 'open' || call === 'close')).toEqual(['open', 'close', 'open', 'close'])
  expect(await committed(group, topic)).toBe(3)
})

describe('R-I21: a topic that is deleted and created again under a sink', () => {
  async function again(topic: string, records: number) {
    await createAdmin(client).deleteTopics([topic])
    await createTopic(topic)
    await write(
      topic,
      texts(0, records).map((n) => `new ${n}`),
    )
  }
  const renewed = (records: number) => texts(0, records).map((n) => `new ${n}`)

  test('that is stopped is read from its beginning, whether the new one is longer or shorter', async () => {
    for (const records of [2, 12]) {
      const topic = await newTopic()
      const group = `g-${randomUUID()}`
      await write(topic, texts(0, 6))
      const first = recordingSink()
      const before = runSink(client, first, { topics: [topic], group })
      await arrives(first, 6)
      before.runner.stop()
      await before.ended
      expect(await committed(group, topic)).toBe(6)
      await again(topic, records)
      const second = recordingSink()
      const running = runSink(client, second, { topics: [topic], group })
      await arrives(second, records)
      running.runner.stop()
      await running.ended
      expect(second.values).toEqual(renewed(records))
    }
  })

  test('that runs is read from its beginning, too', async () => {
    const topic = await newTopic()
    await write(topic, texts(0, 6))
    const sink = recordingSink()
    const running = runSink(client, sink, { topics: [topic] })
    await arrives(sink, 6)
    // So that it sees nothing of the time between the two.
    running.runner.setTarget('PAUSED')
    await running.becomes('PAUSED')
    await again(topic, 12)
    running.runner.setTarget('STARTED')
    await arrives(sink, 18)
    running.runner.stop()
    await running.ended
    expect(sink.values).toEqual([...texts(0, 6), ...renewed(12)])
  })
})

describe('R-I19: a put that fails for one record', () => {
  /** Refuses what it cannot take, before or after it has written the records in front of it. */
  const pickySink = (isBad: (value: string) => boolean, writesFirst = false) => {
    const puts: number[] = []
    const sink = recordingSink({
      put(batch) {
        const values = [...batch].map(({ value }) => String(value))
        if (values.length > 0) puts.push(values.length)
        for (const value of values) {
          if (isBad(value)) throw new Error(`cannot take ${value}`)
          if (writesFirst) sink.values.push(value)
        }
        if (!writesFirst) sink.values.push(...values)
      },
    })
    return { sink, puts }
  }
  const isolating = { config: tolerant, isolateMostPercent: 1 }

  test('of a thousand leaves that one out, reports it, and goes on with the others in their order', async () => {
    const [topic, dlq, group] = [await newTopic(), await newTopic(), `g-${randomUUID()}`]
    await write(topic, texts(0, 1_000))
    const { sink, puts } = pickySink((value) => value === '371')
    const letters = createDeadLetters({
      ...{ task: { connector: 'c', task: 0 }, settings: { topic: dlq, replicationFactor: 1, contextHeaders: false } },
      ...{ producer, clean: (words: string) => words, record: () => undefined },
      ...{ clock: systemClock, logger: quietLogger },
    })
    const running = runSink(client, sink, {
      topics: [topic],
      group,
      ...isolating,
      deadLetters: letters,
      flushIntervalMs: 20,
    })
    await expect.poll(() => committed(group, topic), { timeout: 30_000 }).toBe(1_000)
    expect(sink.values).toEqual(texts(0, 1_000).filter((value) => value !== '371'))
    expect(await valuesOf(dlq, 1)).toEqual(['371'])
    expect(running.leftOut).toEqual([{ count: 1, reason: 'cannot take 371', places: [`${topic}-0@371`] }])
    // Halves of halves, not one by one.
    expect(puts.length).toBeLessThan(2 * Math.ceil(Math.log2(1_000)) + 10)
    expect(Object.fromEntries(running.measured())).toMatchObject({ 'total-records-skipped': { sum: 1 } })
    running.runner.stop()
    await running.ended
  })

  test('whichever they are, loses no other and leaves out exactly those; what was written already may come again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(59), { maxLength: 10 }), fc.boolean(), async (bad, writesFirst) => {
        const [topic, group] = [await newTopic(), `g-${randomUUID()}`]
        await write(topic, texts(0, 60))
        const { sink } = pickySink((value) => bad.includes(Number(value)), writesFirst)
        const running = runSink(client, sink, { topics: [topic], group, ...isolating, flushIntervalMs: 20 })
        await expect.poll(() => committed(group, topic), { timeout: 30_000 }).toBe(60)
        running.runner.stop()
        await running.ended
        const good = texts(0, 60).filter((value) => !bad.includes(Number(value)))
        // I4: each comes for the first time after those before it.
        expect([...new Set(sink.values)]).toEqual(good)
        if (!writesFirst) expect(sink.values).toEqual(good)
        expect(running.leftOut.reduce((sum, { count }) => sum + count, 0)).toBe(bad.length)
      }),
      { numRuns: 5 },
    )
  })

  test('and for many fails the task, with nothing committed of what it did not put', async () => {
    const [topic, group] = [await newTopic(), `g-${randomUUID()}`]
    await write(topic, texts(0, 100))
    const { sink, puts } = pickySink(() => true)
    const running = runSink(client, sink, { topics: [topic], group, ...isolating })
    await expect(running.ended).rejects.toThrow('Exiting WorkerSinkTask due to unrecoverable exception.')
    expect(await running.ended.catch((error: Error) => (error.cause as Error).message)).toBe(
      'More records cannot be put than may be left out of this connector.',
    )
    expect(running.leftOut.map(({ count }) => count)).toEqual([10])
    expect(puts.length).toBeLessThan(40)
    expect((await committed(group, topic)) ?? -1).toBeLessThanOrEqual(0)
  })

  test('is put again as a whole when it fails for now, without what was found before', async () => {
    const topic = await newTopic()
    await write(topic, texts(0, 8))
    let refusals = 1
    const sink = recordingSink({
      put(batch) {
        const values = [...batch].map(({ value }) => String(value))
        if (values.includes('1')) throw new Error('cannot take 1')
        if (values.includes('6') && refusals-- > 0) throw new RetriableError('busy')
        sink.values.push(...values)
      },
    })
    const running = runSink(client, sink, { topics: [topic], ...isolating })
    await expect.poll(() => sink.values.filter((value) => value === '7').length, { timeout: 15_000 }).toBe(1)
    expect(new Set(sink.values)).toEqual(new Set(texts(0, 8).filter((value) => value !== '1')))
    expect(running.leftOut).toHaveLength(1)
    running.runner.stop()
    await running.ended
  })

  test('fails the task where nobody asked for anything else', async () => {
    const topic = await newTopic()
    await write(topic, texts(0, 8))
    const { sink, puts } = pickySink((value) => value === '3')
    const running = runSink(client, sink, { topics: [topic], config: tolerant })
    await expect(running.ended).rejects.toThrow('Exiting WorkerSinkTask due to unrecoverable exception.')
    expect(puts).toEqual([8])
  })
})
