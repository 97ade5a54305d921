import { setTimeout as after } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { traceOf } from '#server/contract/errors.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { startScriptedBroker } from '#server/kafka/testdata/scripted-broker.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'
import { readTopic } from '#server/runtime/task/test-tree/read-topic.ts'
import { byteConverters, runSource, stringConverters } from '#server/runtime/task/test-tree/source-bench.ts'
import { numbered, numbers, waitingSource } from '#server/runtime/task/test-tree/waiting-source.ts'
import { kafkaOfFile } from '#server/runtime/test-tree/kafka-of-file.ts'
import { startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { ConversionPending } from '#server/sdk/conversion-pending.ts'
import { RetriableError } from '#server/sdk/data-error.ts'
import type { SourceRecord, TextBatch } from '#server/sdk/records.ts'
import { plain } from '#server/sdk/schema.ts'
import type { RecordMetadata } from '#server/sdk/source-task.ts'
import { leapingClock } from '#server/sdk/testing/leaping-clock.ts'

const { kafka, client, newTopic } = await kafkaOfFile(startRestartableKafka)
const valuesOf = async (topic: string, count: number) =>
  (await readTopic(client, topic, count)).map(({ value }) => value)
const texts = (from: number, count: number) => Array.from({ length: count }, (_, i) => `${from + i}`)

function textBatch(topic: string, from: number, values: readonly string[]): TextBatch {
  const bytes = Buffer.from(values.map((value) => `${value}\n`).join(''))
  const ends: number[] = []
  const starts: number[] = []
  let at = 0
  for (const value of values) {
    starts.push(at)
    at += Buffer.byteLength(value)
    ends.push(at++)
  }
  return {
    kind: 'text',
    topic,
    sourcePartition: { file: 'a' },
    bytes,
    count: values.length,
    starts: Int32Array.from(starts),
    ends: Int32Array.from(ends),
    offsetAt: (i) => ({ position: from + i + 1 }),
  }
}

test('I1, I2, I4: whatever is polled stands in the topic in its order, once, and its offset is stored', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ count: fc.integer({ min: 0, max: 40 }), asTexts: fc.boolean() }), { maxLength: 12 }),
      async (polls) => {
        const topic = await newTopic()
        const task = waitingSource()
        const source = runSource(client, task)
        let total = 0
        for (const { count, asTexts } of polls) {
          task.push(asTexts ? textBatch(topic, total, texts(total, count)) : numbers(topic, total, count))
          total += count
        }
        await task.waiting()
        source.runner.stop()
        await source.ended
        expect(await valuesOf(topic, total)).toEqual(texts(0, total))
        expect(source.stored()).toBe(total === 0 ? undefined : total)
      },
    ),
    { numRuns: 15 },
  )
})

test('I5, I6: offsets only grow, and none is stored before its records are in Kafka', async () => {
  const topic = await newTopic()
  const task = waitingSource()
  const behind: string[] = []
  let last = 0
  const source = runSource(client, task, {
    flushIntervalMs: 1,
    async writeOffsets(offsets) {
      for (const { offset } of offsets) {
        const position = Number(offset?.position)
        if (position <= last) behind.push(`${position} after ${last}`)
        last = position
        const present = (await readTopic(client, topic, position)).length
        if (present < position) behind.push(`${position} stored, ${present} present`)
      }
    },
  })
  for (let n = 0; n < 400; n += 4) {
    task.push(numbers(topic, n, 4))
    if (n % 40 === 0) await task.waiting()
  }
  await task.waiting()
  source.runner.stop()
  await source.ended
  expect(behind).toEqual([])
  expect(source.stored()).toBe(400)
  expect(source.written.length).toBeGreaterThan(1)
})

test('R-I28: a source that comes to rest has its offsets stored long before they are due, and not while it is at work', async () => {
  const topic = await newTopic()
  const task = waitingSource()
  const source = runSource(client, task, { flushIntervalMs: 3_600_000, flushIdleMs: 400 })
  const stored = () => source.written.map(([entry]) => entry?.offset?.position)
  const begunAt = performance.now()
  for (let n = 0; n < 20; n++) {
    task.push(numbers(topic, n, 1))
    await task.waiting()
    // As long as no rest was long enough, however busy the machine is.
    if (performance.now() - begunAt < 400) expect(stored()).toEqual([])
  }
  await expect.poll(stored, { timeout: 15_000 }).toContain(20)
  await expect.poll(() => task.calls, { timeout: 15_000 }).toContain('commit')
  const commits = source.written.length
  task.push(numbers(topic, 20, 5))
  await expect.poll(stored, { timeout: 15_000 }).toContain(25)
  expect(source.written.length).toBe(commits + 1)
  // What a crash finds: nothing comes again.
  source.runner.cancel()
  await source.ended
  expect(source.stored()).toBe(25)
})

test('a record that is skipped, and a batch that is empty without it, still move the offset', async () => {
  const topic = await newTopic()
  const lost: (RecordMetadata | null)[] = []
  const task = waitingSource({ commitRecord: (_record, metadata) => void lost.push(metadata) })
  const bad = (n: number) => numbered(topic, n, { value: `text ${n}` })
  const good = (n: number) => numbered(topic, n, { valueSchema: plain.bytes, value: Buffer.from(`${n}`) })
  const source = runSource(client, task, { converters: byteConverters(), config: { 'errors.tolerance': 'all' } })
  task.push([good(0), bad(1)], [bad(2), bad(3)])
  await task.waiting()
  source.runner.stop()
  await source.ended
  expect(await valuesOf(topic, 1)).toEqual(['0'])
  expect(source.stored()).toBe(4)
  expect(lost.filter((metadata) => metadata === null)).toHaveLength(3)
})

test('what it measured says what it did: polled, written, left out with an error, committed', async () => {
  const topic = await newTopic()
  const task = waitingSource()
  const bad = (n: number) => numbered(topic, n, { value: `text ${n}` })
  const good = (n: number) => numbered(topic, n, { valueSchema: plain.bytes, value: Buffer.from(`${n}`) })
  const config = { 'errors.tolerance': 'all', 'errors.log.enable': 'true' }
  const source = runSource(client, task, { converters: byteConverters(), config, flushIntervalMs: 60_000 })
  task.push([good(0), bad(1), good(2)], [good(3)])
  await task.waiting()
  source.runner.stop()
  await source.ended
  const measured = Object.fromEntries(source.measured())
  expect(measured).toMatchObject({
    'source-record-poll': { sum: 4, count: 2 },
    'batch-size': { max: 3, min: 1 },
    'poll-batch-time-ms': { count: 2 },
    'source-record-write': { sum: 3 },
    'source-record-active-count': { last: 0 },
    'offset-commit-success': { sum: 1, count: 1 },
    'offset-commit-failure': { sum: 0, count: 1 },
    'total-record-failures': { sum: 1 },
    'total-record-errors': { sum: 1 },
    'total-records-skipped': { sum: 1 },
    'total-errors-logged': { sum: 1 },
  })
  expect(measured['last-error-timestamp']?.last).toBeGreaterThan(Date.now() - 60_000)
})

test('without tolerance a bad record fails the task with its cause; what came before it is sent and stored', async () => {
  const topic = await newTopic()
  const task = waitingSource()
  const source = runSource(client, task, { converters: byteConverters() })
  const good = numbered(topic, 0, { valueSchema: plain.bytes, value: Buffer.from('0') })
  task.push([good, numbered(topic, 1), { ...good, sourceOffset: { position: 3 } }])
  const error = await source.ended.catch((caught: unknown) => caught)
  expect(traceOf(error)).toMatch(
    /^Error: Tolerance exceeded in error handler.*Caused by: DataException: Invalid schema type for ByteArrayConverter: STRING/s,
  )
  expect(await valuesOf(topic, 1)).toEqual(['0'])
  expect(source.stored()).toBe(1)
  expect(task.calls.at(-1)).toBe('stop')
})

test('polls larger than a batch, and records larger than one, arrive whole and in order', async () => {
  const topic = await newTopic(1, { 'max.message.bytes': '4000000' })
  const task = waitingSource()
  const source = runSource(client, task)
  const long = (n: number, size: number) => `${n}-${'x'.repeat(size)}`
  const sizes = [200_000, 900_000, 1_500_000, 10, 1_100_000, 400_000, 700_000, 1]
  task.push(sizes.map((size, n) => numbered(topic, n, { value: long(n, size) })))
  task.push(textBatch(topic, 8, [long(8, 10), long(9, 2_000_000), long(10, 20)]))
  await task.waiting()
  source.runner.stop()
  await source.ended
  const values = await valuesOf(topic, 11)
  expect(values.map((value) => value?.length)).toEqual([...sizes.map((size) => size + 2), 12, 2_000_002, 23])
  expect(values.map((value) => Number.parseInt(value ?? '', 10))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  expect(source.stored()).toBe(11)
})

test('a poll over more partitions than the producer has memory for does not wait for itself', async () => {
  const topic = await newTopic(50)
  const task = waitingSource()
  const source = runSource(client, task)
  task.push(Array.from({ length: 500 }, (_, n) => numbered(topic, n, { partition: n % 50 })))
  await task.waiting()
  source.runner.stop()
  await source.ended
  expect(await readTopic(client, topic, 500)).toHaveLength(500)
  expect(source.stored()).toBe(500)
})

test('keys, partitions, headers, tombstones and timestamps go where the record says', async () => {
  const topic = await newTopic(3)
  const task = waitingSource()
  const source = runSource(client, task)
  const headers = [{ name: 'trace', schema: plain.string, value: 'é' }]
  task.push([
    numbered(topic, 0, { partition: 2, keySchema: plain.string, key: 'k', headers, timestamp: 1234 }),
    numbered(topic, 1, { keySchema: plain.string, key: 'k', value: null }),
    numbered(topic, 2, { keySchema: plain.string, key: 'k' }),
  ])
  await task.waiting()
  source.runner.stop()
  await source.ended
  const records = await readTopic(client, topic, 3)
  const first = records.find(({ value }) => value === '0')
  expect(first).toMatchObject({ partition: 2, key: 'k', headers: [{ name: 'trace', value: 'é' }] })
  const rest = records.filter((record) => record !== first)
  expect(rest.map(({ value }) => value)).toEqual([null, '2'])
  expect(new Set(rest.map(({ partition }) => partition)).size).toBe(1)
})

test('commitRecord is told where each record stands, in order, without holding up the next poll', async () => {
  const topic = await newTopic(2)
  const told: { record: SourceRecord; metadata: RecordMetadata | null }[] = []
  const task = waitingSource({ commitRecord: (record, metadata) => void told.push({ record, metadata }) })
  const source = runSource(client, task)
  for (let poll = 0; poll < 5; poll++) {
    task.push(Array.from({ length: 10 }, (_, i) => numbered(topic, poll * 10 + i, { partition: i % 2 })))
  }
  await task.waiting()
  source.runner.stop()
  await source.ended
  const present = await readTopic(client, topic, 50)
  expect(told).toHaveLength(50)
  for (const { record, metadata } of told) {
    const found = present.find(({ value }) => value === record.value)
    expect(metadata).toMatchObject({ topic, partition: found?.partition, offset: found?.offset })
    expect(metadata?.timestamp).toBeGreaterThan(0)
  }
})

test('a commitRecord or commit that throws is told and changes nothing', async () => {
  const topic = await newTopic()
  const task = waitingSource({
    commitRecord: () => Promise.reject(new Error('no')),
    commit: () => Promise.reject(new Error('no')),
  })
  const source = runSource(client, task)
  task.push(numbers(topic, 0, 3))
  await task.waiting()
  source.runner.stop()
  await source.ended
  expect(source.stored()).toBe(3)
})

test('a source that returns nothing at once is asked less and less often, up to ten times a second', async () => {
  const clock = leapingClock()
  let polls = 0
  const task = waitingSource({
    async poll() {
      if (++polls === 12) source.runner.stop()
      return polls % 2 === 0 ? [] : null
    },
  })
  const source = runSource(client, task, { clock, flushIntervalMs: 60_000 })
  await source.ended
  const waits = clock.passed.filter((ms) => ms <= 100)
  expect(waits.slice(0, 9)).toEqual([1, 2, 4, 8, 16, 32, 64, 100, 100])
})

test('a source all of whose records are skipped leaves the thread to others', async () => {
  const topic = await newTopic()
  let polls = 0
  const task = waitingSource({
    async poll() {
      // Without a turn for others this ends before any timer fires.
      if (++polls === 100_000) throw new Error('nobody else had a turn')
      return numbers(topic, 0, 3)
    },
  })
  const source = runSource(client, task, { converters: byteConverters(), config: { 'errors.tolerance': 'all' } })
  await source.becomes('RUNNING')
  for (let turns = 0; turns < 10; turns++) await after(1)
  source.runner.stop()
  await source.ended
  expect(polls).toBeGreaterThan(0)
})

test('a task that is paused before it started says so and starts when it is resumed', async () => {
  const task = waitingSource()
  const source = runSource(client, task, { target: 'PAUSED' })
  expect(source.states).toEqual(['PAUSED'])
  expect(task.calls).toEqual([])
  const running = source.becomes('RUNNING')
  source.runner.setTarget('STARTED')
  await running
  expect(task.calls[0]).toBe('start')
  source.runner.stop()
  await source.ended
})

test('a task that is stopped while it waits to start is never started, and committed nothing', async () => {
  const task = waitingSource()
  const source = runSource(client, task, { target: 'PAUSED' })
  source.runner.stop()
  await source.ended
  expect(task.calls).toEqual(['stop'])
})

test('a pause ends a waiting poll; nothing is polled until the resume', async () => {
  const topic = await newTopic()
  const task = waitingSource()
  const source = runSource(client, task)
  await task.waiting()
  const paused = source.becomes('PAUSED')
  source.runner.setTarget('PAUSED')
  await paused
  const polls = task.calls.filter((call) => call === 'poll').length
  task.push(numbers(topic, 0, 2))
  await after(50)
  expect(task.calls.filter((call) => call === 'poll')).toHaveLength(polls)
  const idle = task.waiting()
  source.runner.setTarget('STARTED')
  await idle
  source.runner.stop()
  await source.ended
  expect(source.states).toEqual(['RUNNING', 'PAUSED', 'RUNNING'])
  expect(await valuesOf(topic, 2)).toEqual(['0', '1'])
})

test('what Kafka refuses fails the task in its words, at once, even while a poll waits', async () => {
  const topic = await newTopic(1, { 'max.message.bytes': '1000' })
  const task = waitingSource()
  const source = runSource(client, task)
  task.push(numbers(topic, 0, 2))
  await task.waiting()
  task.push([numbered(topic, 2, { value: 'x'.repeat(5_000) })])
  const error = await source.ended.catch((caught: unknown) => caught)
  expect(traceOf(error)).toMatch(
    /^Error: Unrecoverable exception from producer send callback.*Caused by: KafkaError: .*MESSAGE_TOO_LARGE/s,
  )
  expect(source.stored()).toBe(2)
  expect(task.calls.at(-1)).toBe('stop')
})

test('with tolerance what Kafka refuses is reported and left out', async () => {
  const topic = await newTopic(1, { 'max.message.bytes': '1000' })
  const lines: string[] = []
  const logger = { ...quietLogger, error: (message: string) => void lines.push(message) }
  const task = waitingSource()
  const config = { 'errors.tolerance': 'all', 'errors.log.enable': 'true' }
  const source = runSource(client, task, { config, logger })
  task.push(numbers(topic, 0, 1), [numbered(topic, 1, { value: 'x'.repeat(5_000) })], numbers(topic, 2, 1))
  await task.waiting()
  source.runner.stop()
  await source.ended
  expect(await valuesOf(topic, 2)).toEqual(['0', '2'])
  expect(source.stored()).toBe(3)
  expect(lines).toEqual([expect.stringContaining("Executing stage 'KAFKA_PRODUCE'")])
})

test('a poll that fails fails the task; one that may be tried again is', async () => {
  const topic = await newTopic()
  const task = waitingSource()
  const source = runSource(client, task)
  task.fail(new RetriableError('busy'))
  task.push(numbers(topic, 0, 1))
  await task.waiting()
  task.fail(new Error('disk gone'))
  await expect(source.ended).rejects.toThrow('disk gone')
  expect(await valuesOf(topic, 1)).toEqual(['0'])
  expect(source.stored()).toBe(1)
})

test('a stop that fails hides no failure and makes none', async () => {
  const broken = { [Symbol.asyncDispose]: () => Promise.reject(new Error('cannot stop')) }
  const failing = waitingSource(broken)
  const first = runSource(client, failing)
  failing.fail(new Error('first'))
  await expect(first.ended).rejects.toThrow('first')
  const clean = runSource(client, waitingSource(broken))
  clean.runner.stop()
  await clean.ended
})

test('offsets that could not be stored go along with the next commit', async () => {
  const topic = await newTopic()
  const task = waitingSource()
  let refusals = 3
  const source = runSource(client, task, {
    async writeOffsets() {
      if (refusals-- > 0) throw new Error('not now')
    },
  })
  task.push(numbers(topic, 0, 5))
  await expect.poll(() => source.stored(), { timeout: 10_000 }).toBe(5)
  expect(task.calls).toContain('commit')
  source.runner.stop()
  await source.ended
  expect(source.written).toHaveLength(1)
})

test('while Kafka is away a stop waits for the flush time-out, and sends what it took when Kafka is back', async () => {
  const topic = await newTopic()
  const task = waitingSource()
  const source = runSource(client, task, { flushTimeoutMs: 30_000 })
  task.push(numbers(topic, 0, 2))
  await task.waiting()
  await kafka.stop()
  task.push(numbers(topic, 2, 2))
  await task.waiting()
  source.runner.stop()
  await kafka.start()
  await source.ended
  expect(await valuesOf(topic, 4)).toEqual(texts(0, 4))
  expect(source.stored()).toBe(4)
})

test('I7: a task that is cancelled while Kafka is away ends at once and writes nothing when Kafka is back', async () => {
  const topic = await newTopic()
  const task = waitingSource()
  const source = runSource(client, task, { flushTimeoutMs: 60_000 })
  task.push(numbers(topic, 0, 2))
  await expect.poll(() => source.stored(), { timeout: 10_000 }).toBe(2)
  await kafka.stop()
  for (let n = 2; n < 20; n++) task.push(numbers(topic, n, 1))
  await task.waiting()
  source.runner.stop()
  source.runner.cancel()
  await source.ended
  await kafka.start()
  const other = waitingSource()
  const next = runSource(client, other)
  other.push(numbers(topic, 100, 1))
  await other.waiting()
  next.runner.stop()
  await next.ended
  expect(await valuesOf(topic, 3)).toEqual(['0', '1', '100'])
  expect(source.stored()).toBe(2)
})

test('a stop that Kafka does not answer ends after the flush time-outs, and what was left is not sent later', async () => {
  const topic = await newTopic()
  const task = waitingSource()
  const source = runSource(client, task, { flushTimeoutMs: 100 })
  task.push(numbers(topic, 0, 1))
  await expect.poll(() => source.stored(), { timeout: 10_000 }).toBe(1)
  await kafka.stop()
  task.push(numbers(topic, 1, 1))
  await task.waiting()
  source.runner.stop()
  await source.ended
  await kafka.start()
  const other = waitingSource()
  const next = runSource(client, other)
  other.push(numbers(topic, 100, 1))
  await other.waiting()
  next.runner.stop()
  await next.ended
  expect(await valuesOf(topic, 2)).toEqual(['0', '100'])
})

test('I8: what Kafka refuses for now is why the task does not get on, told once in its log, until Kafka takes it', async () => {
  let full = true
  await using broker = await startScriptedBroker({
    Produce: ({ body }) => ({
      responses: body.topicData.map(({ name, topicId }) => ({
        name,
        topicId,
        partitionResponses: [{ index: 0, errorCode: full ? kafkaErrors.KAFKA_STORAGE_ERROR.code : 0, baseOffset: 0 }],
      })),
    }),
  })
  await using own = createKafkaClient({
    ...{ bootstrapServers: [`127.0.0.1:${broker.port}`], clientId: 'test', clock: systemClock, logger: quietLogger },
  })
  const warnings: string[] = []
  const logger = { ...quietLogger, warn: (message: string) => void warnings.push(message) }
  const task = waitingSource()
  const source = runSource(own, task, { logger })
  task.push([numbered('full', 0, { partition: 0 })])
  const reason = 'a batch for full-0 fails and is tried again: KAFKA_STORAGE_ERROR: full-0'
  await expect
    .poll(() => source.unfinished(), { timeout: 20_000 })
    .toContainEqual({ stage: 'sending records of', since: expect.any(Number), reason })
  const produced = () => broker.requests.filter(({ api }) => api === 'Produce').length
  await expect.poll(produced, { timeout: 20_000 }).toBeGreaterThanOrEqual(3)
  expect(warnings).toEqual([`A${reason.slice(1)}`])
  full = false
  await expect.poll(() => source.unfinished().map(({ stage }) => stage), { timeout: 20_000 }).toEqual(['polling'])
  source.runner.stop()
  await source.ended
})

test('I8: what a conversion waits for is why the task does not get on, told once in its log, until it is there', async () => {
  const topic = await newTopic()
  let away = true
  let asked = 0
  const converters = stringConverters()
  const { value } = converters
  const warnings: string[] = []
  const task = waitingSource()
  const source = runSource(client, task, {
    logger: { ...quietLogger, warn: (message: string) => void warnings.push(message) },
    converters: {
      ...converters,
      value: {
        ...value,
        fromConnectData(...record) {
          if (!away) return value.fromConnectData(...record)
          throw new ConversionPending('schema 1', async () => {
            asked += 1
            if (away) throw new RetriableError('the schema registry is away')
          })
        },
      },
    },
  })
  task.push(numbers(topic, 0, 1))
  await expect.poll(() => asked, { timeout: 20_000 }).toBeGreaterThanOrEqual(2)
  const reasons = () =>
    source.unfinished().flatMap(({ stage, reason }) => (stage === 'converting records of' ? [reason] : []))
  expect(reasons()).toEqual(Array(2).fill('the schema registry is away'))
  expect(warnings).toEqual(['Records wait to be converted: the schema registry is away; it is tried again'])
  away = false
  expect(await valuesOf(topic, 1)).toHaveLength(1)
  expect(reasons()).toEqual([])
  source.runner.stop()
  await source.ended
})

test('I7: what a cancelled task left waiting behind a silent Kafka is not sent when Kafka answers at last', async () => {
  const answered = Promise.withResolvers<void>()
  await using silent = await startScriptedBroker({
    async Produce({ body }) {
      await answered.promise
      return {
        responses: body.topicData.map(({ name, topicId }) => ({
          name,
          topicId,
          partitionResponses: [{ index: 0, errorCode: 0, baseOffset: 0 }],
        })),
      }
    },
  })
  await using own = createKafkaClient({
    bootstrapServers: [`127.0.0.1:${silent.port}`],
    clientId: 'test',
    clock: systemClock,
    logger: quietLogger,
  })
  const produced = () => silent.requests.filter(({ api }) => api === 'Produce').length
  const task = waitingSource()
  const source = runSource(own, task)
  for (let n = 0; n < 12; n++) task.push([numbered('silent', n, { partition: 0 })])
  await task.waiting()
  await expect.poll(produced).toBeGreaterThan(0)
  const before = produced()
  source.runner.stop()
  source.runner.cancel()
  await source.ended
  const next = waitingSource()
  const other = runSource(own, next)
  next.push([numbered('silent', 100, { partition: 1 })])
  await next.waiting()
  answered.resolve()
  other.runner.stop()
  await other.ended
  // Those that were on their way, at most as many as a producer has, and the one of the other task.
  expect(produced()).toBeLessThanOrEqual(Math.max(before, 5) + 1)
  expect(source.written).toEqual([])
})
