import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createDeadLetters } from '#server/runtime/task/dead-letters.ts'
import { readTopic } from '#server/runtime/task/test-tree/read-topic.ts'
import { recordingSink, runSink } from '#server/runtime/task/test-tree/sink-bench.ts'
import { runSource, stringConverters } from '#server/runtime/task/test-tree/source-bench.ts'
import { numbered, waitingSource } from '#server/runtime/task/test-tree/waiting-source.ts'
import { kafkaOfFile } from '#server/runtime/test-tree/kafka-of-file.ts'
import { startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { DataError, RetriableError } from '#server/sdk/data-error.ts'
import { leapingClock } from '#server/sdk/testing/leaping-clock.ts'

const { client, producer, newTopic } = await kafkaOfFile(startRestartableKafka)
const write = (topic: string, values: readonly string[]) =>
  producer.produce(
    topic,
    values.map((value) => ({ key: null, value: Buffer.from(value) })),
  )

/** Refuses what says so. */
function pickyConverters(refuse: (text: string) => Error | undefined) {
  const plain = stringConverters()
  const value = {
    ...plain.value,
    toConnectData(topic: string, raw: Uint8Array | null) {
      const error = refuse(Buffer.from(raw ?? []).toString())
      if (error) throw error
      return plain.value.toConnectData(topic, raw)
    },
  }
  return { ...plain, value }
}
const badOnes = pickyConverters((text) => (text.startsWith('bad') ? new DataError(text) : undefined))

/** A queue whose letters leave when they are let go. */
function heldLetters(topic: string, more: Partial<Parameters<typeof createDeadLetters>[0]> = {}) {
  const gate = Promise.withResolvers<void>()
  const deadLetters = createDeadLetters({
    task: { connector: 'c', task: 0 },
    settings: { topic, replicationFactor: 1, contextHeaders: false },
    producer: {
      ...producer,
      produce: async (...letters) => {
        await gate.promise
        return producer.produce(...letters)
      },
    },
    clean: (text) => text,
    record: () => undefined,
    clock: systemClock,
    logger: quietLogger,
    ...more,
  })
  return { deadLetters, letGo: gate.resolve }
}

test('I6: no offset is committed while a dead letter before it is under way, and it is as soon as that is durable', async () => {
  const [topic, dlq] = [await newTopic(), await newTopic()]
  await write(topic, ['0', 'bad', '2'])
  const { deadLetters, letGo } = heldLetters(dlq)
  const sink = recordingSink()
  const task = runSink(client, sink, {
    topics: [topic],
    config: { 'errors.tolerance': 'all' },
    converters: badOnes,
    deadLetters,
    flushIntervalMs: 20,
  })
  await expect.poll(() => sink.calls.includes('flush'), { timeout: 15_000 }).toBe(true)
  expect(task.commits).toEqual([])
  letGo()
  await expect.poll(() => task.commits.length, { timeout: 15_000 }).toBe(1)
  expect((await readTopic(client, dlq, 1)).map(({ value }) => value)).toEqual(['bad'])
  task.runner.stop()
  await task.ended
  expect(task.commits.map(({ offset }) => offset)).toEqual([3])
})

test('a commit that dead letters keep waiting for too long is left to a later one', async () => {
  const { deadLetters, letGo } = heldLetters(await newTopic(), { clock: leapingClock() })
  const consumed = { topic: 't', partition: 0, offset: 0, key: null, value: null, headers: [], timestamp: -1 }
  const failure = { stage: 'TASK_PUT' as const, pluginClass: 'a.B', error: new Error('no') }
  const { signal } = new AbortController()
  const written = deadLetters.write(consumed, failure)
  expect(await deadLetters.durable(5_000, signal)).toBe(false)
  expect(await deadLetters.durable(5_000, AbortSignal.abort())).toBe(false)
  letGo()
  await written
  expect(await deadLetters.durable(5_000, signal)).toBe(true)
})

test('I12: a task whose letters do not leave takes no more records than a thousand behind', async () => {
  const { deadLetters, letGo } = heldLetters(await newTopic())
  const consumed = { topic: 't', partition: 0, offset: 0, key: null, value: null, headers: [], timestamp: -1 }
  const failure = { stage: 'TASK_PUT' as const, pluginClass: 'a.B', error: new Error('no') }
  const { signal } = new AbortController()
  let room = true
  for (let n = 0; n < 1_000; n++) void deadLetters.write(consumed, failure)
  await deadLetters.room(signal)
  const last = deadLetters.write(consumed, failure)
  room = false
  const waiting = deadLetters.room(signal).then(() => (room = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(room).toBe(false)
  letGo()
  await last
  await waiting
  expect(room).toBe(true)
})

test('I8: a sink whose dead letters do not leave is known to wait for them, until they do', async () => {
  const topic = await newTopic()
  await write(topic, Array(1_200).fill('bad'))
  const { deadLetters, letGo } = heldLetters(await newTopic())
  const config = { 'errors.tolerance': 'all' }
  const sink = runSink(client, recordingSink(), { topics: [topic], config, converters: badOnes, deadLetters })
  const stages = () => sink.unfinished().map(({ stage }) => stage)
  await expect.poll(stages, { timeout: 20_000 }).toContain('sending records of')
  letGo()
  await expect.poll(stages, { timeout: 20_000 }).not.toContain('sending records of')
  sink.runner.stop()
  await sink.ended
})

const forEver = { 'errors.retry.timeout': '-1', 'errors.tolerance': 'all' }

test('while a record waits for its next try the task stays in its group and lets others in', async () => {
  const topic = `t-${randomUUID()}`
  await createAdmin(client).createTopics([{ name: topic, partitions: 2, replicationFactor: 1 }])
  const group = `g-${randomUUID()}`
  await producer.produce(
    topic,
    [0, 1].map((partition) => ({ key: null, value: Buffer.from(`${partition}`), partition })),
  )
  let away = true
  const tried = Promise.withResolvers<void>()
  const converters = pickyConverters(() => {
    if (!away) return undefined
    tried.resolve()
    return new RetriableError('away')
  })
  const stuck = recordingSink()
  const first = runSink(client, stuck, { topics: [topic], group, config: forEver, converters })
  await tried.promise
  const sink = recordingSink()
  const second = runSink(client, sink, { topics: [topic], group })
  await expect.poll(() => sink.values.length, { timeout: 10_000 }).toBe(1)
  // I8: it does not get on, whatever its neighbour does, and says why.
  const reason = 'a record fails and is tried again: away'
  const evidence = { stage: 'converting records of', since: expect.any(Number), reason }
  await expect.poll(() => first.unfinished(), { timeout: 10_000 }).toContainEqual(evidence)
  away = false
  first.runner.stop()
  await first.ended
  await expect.poll(() => sink.values.length, { timeout: 10_000 }).toBe(2)
  second.runner.stop()
  await second.ended
  expect([...stuck.values, ...sink.values].toSorted()).toEqual(['0', '1'])
})

test('a stop while a sink waits for the next try leaves that record to the next task', async () => {
  const topic = await newTopic()
  await write(topic, ['0', 'away', '2'])
  const tried = Promise.withResolvers<void>()
  const converters = pickyConverters((text) => {
    if (text !== 'away') return undefined
    tried.resolve()
    return new RetriableError('away')
  })
  const sink = recordingSink()
  const task = runSink(client, sink, { topics: [topic], config: forEver, converters })
  await tried.promise
  task.runner.stop()
  await task.ended
  expect(sink.values).toEqual([])
  expect(task.commits).toEqual([])
})

test('a stop while a source waits for the next try commits what came before, and nothing else', async () => {
  const topic = await newTopic()
  const plain = stringConverters()
  const tried = Promise.withResolvers<void>()
  const value = {
    ...plain.value,
    fromConnectData(...[to, schema, given]: Parameters<typeof plain.value.fromConnectData>) {
      if (given !== '1') return plain.value.fromConnectData(to, schema, given)
      tried.resolve()
      throw new RetriableError('away')
    },
  }
  const source = waitingSource()
  source.push([0, 1, 2].map((n) => numbered(topic, n)))
  const task = runSource(client, source, { config: forEver, converters: { ...plain, value } })
  await tried.promise
  task.runner.stop()
  await task.ended
  expect((await readTopic(client, topic, 1)).map(({ value: read }) => read)).toEqual(['0'])
  expect(task.stored()).toBe(1)
})
