import { randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { traceOf } from '#server/contract/errors.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import {
  type RecordingSink,
  type RunningSink,
  recordingSink,
  runSink,
} from '#server/runtime/task/test-tree/sink-bench.ts'
import { stringConverters } from '#server/runtime/task/test-tree/source-bench.ts'
import { kafkaOfFile } from '#server/runtime/test-tree/kafka-of-file.ts'
import { startRestartableKafka } from '#server/runtime/test-tree/restartable-kafka.ts'
import { DataError, RetriableError } from '#server/sdk/data-error.ts'

const { kafka, client, producer, newTopic } = await kafkaOfFile(startRestartableKafka)
const texts = (from: number, count: number) => Array.from({ length: count }, (_, i) => `${from + i}`)
const write = (topic: string, values: readonly string[], partition = 0) =>
  producer.produce(
    topic,
    values.map((value) => ({ key: null, value: Buffer.from(value), partition })),
  )
const arrives = (sink: RecordingSink, count: number) =>
  expect.poll(() => sink.values.length, { timeout: 15_000 }).toBeGreaterThanOrEqual(count)
async function stop({ runner, ended }: RunningSink) {
  runner.stop()
  await ended
}
async function committed(group: string, topic: string, partition = 0) {
  const [found] = await createAdmin(client).groupOffsets(group, [{ topic, partition }])
  return found?.offset
}

test('a stop flushes, closes and commits in that order, and the next task goes on behind it', async () => {
  const topic = await newTopic()
  const group = `g-${randomUUID()}`
  await write(topic, texts(0, 10))
  const sink = recordingSink()
  const first = runSink(client, sink, { topics: [topic], group })
  await arrives(sink, 10)
  await stop(first)
  expect(sink.calls.filter((call) => call !== 'put')).toEqual(['start', 'open', 'flush', 'close', 'commit', 'stop'])
  expect(await committed(group, topic)).toBe(10)
  expect(first.topics).toEqual([topic])
  await write(topic, texts(10, 5))
  const next = recordingSink()
  const second = runSink(client, next, { topics: [topic], group })
  await arrives(next, 5)
  await stop(second)
  expect([...sink.values, ...next.values]).toEqual(texts(0, 15))
})

test('R-I28: a sink that has nothing to flush is committed when it comes to rest, one that has is not', async () => {
  const topic = await newTopic()
  await write(topic, texts(0, 10))
  const group = `g-${randomUUID()}`
  const { flush: _, ...plain } = recordingSink()
  const resting = runSink(client, plain, { topics: [topic], group, flushIdleMs: 200 })
  const flushes = recordingSink()
  const other = runSink(client, flushes, { topics: [topic], flushIdleMs: 200 })
  await arrives(flushes, 10)
  await expect.poll(() => committed(group, topic), { timeout: 15_000 }).toBe(10)
  await write(topic, texts(10, 5))
  await expect.poll(() => committed(group, topic), { timeout: 15_000 }).toBe(15)
  expect(resting.commits.map(({ offset }) => offset).at(-1)).toBe(15)
  expect(flushes.calls).not.toContain('flush')
  await Promise.all([stop(resting), stop(other)])
})

test('what it measured says what it did: read, put, held, committed', async () => {
  const topic = await newTopic(2)
  await write(topic, texts(0, 7))
  await write(topic, texts(7, 3), 1)
  const sink = recordingSink()
  const running = runSink(client, sink, { topics: [topic] })
  await arrives(sink, 10)
  await stop(running)
  const measured = Object.fromEntries(running.measured())
  expect(measured).toMatchObject({
    'sink-record-read': { sum: 10 },
    'sink-record-send': { sum: 10 },
    'partition-count': { last: 2 },
    'offset-commit-failure': { sum: 0 },
    'sink-record-active-count': { last: 0 },
  })
  expect(measured['offset-commit-completion']?.sum).toBe(measured['offset-commit-seq-no']?.last)
  expect(measured['put-batch-time-ms']?.count).toBe(measured['sink-record-send']?.count)
})

test('I1, I2: with max.poll.records no put gets more, every record comes once, and a stop commits up to the last one put', async () => {
  const topic = await newTopic()
  const group = `g-${randomUUID()}`
  await write(topic, texts(0, 20))
  const sizes: number[] = []
  const enough = Promise.withResolvers<void>()
  const first = recordingSink({
    put(batch) {
      sizes.push(batch.count)
      for (const record of batch) first.values.push(record.value as string)
      if (first.values.length >= 9) enough.resolve()
    },
  })
  const running = runSink(client, first, { topics: [topic], group, maxPollRecords: 3 })
  await enough.promise
  await stop(running)
  expect(Math.max(...sizes)).toBe(3)
  const taken = first.values.length
  expect(running.commits.at(-1)?.offset).toBe(taken)
  const measured = Object.fromEntries(running.measured())
  expect(measured['sink-record-read']?.sum).toBe(taken)

  const second = recordingSink()
  const after = runSink(client, second, { topics: [topic], group, maxPollRecords: 7 })
  await arrives(second, 20 - taken)
  await stop(after)
  expect([...first.values, ...second.values]).toEqual(texts(0, 20))
})

test('I6: nothing is committed that was not flushed before, however often it commits', async () => {
  const topic = await newTopic()
  const sink = recordingSink()
  const running = runSink(client, sink, { topics: [topic], flushIntervalMs: 1 })
  for (let n = 0; n < 60; n += 3) {
    await write(topic, texts(n, 3))
    if (n % 9 === 0) await arrives(sink, n + 3)
  }
  await arrives(sink, 60)
  await stop(running)
  expect(sink.values).toEqual(texts(0, 60))
  expect(running.commits.length).toBeGreaterThan(2)
  expect(running.commits.filter(({ offset, durable }) => offset > durable)).toEqual([])
  expect(running.commits.map(({ offset }) => offset)).toEqual(
    running.commits.map(({ offset }) => offset).toSorted((a, b) => a - b),
  )
})

test('a flush that fails before the first commit brings everything again', async () => {
  const topic = await newTopic()
  let failures = 1
  const sink: RecordingSink = recordingSink({
    flush() {
      if (failures-- > 0) throw new Error('disk full')
      sink.durable.push(...sink.values.slice(sink.durable.length))
    },
  })
  await write(topic, texts(0, 4))
  const running = runSink(client, sink, { topics: [topic] })
  await arrives(sink, 4)
  running.context.requestCommit()
  await arrives(sink, 8)
  await stop(running)
  expect(sink.values).toEqual([...texts(0, 4), ...texts(0, 4)])
  expect(running.commits.map(({ offset }) => offset)).toEqual([4])
})

test('I6: a flush that fails while a batch is refused brings what was put before the refused one again, first', async () => {
  const topic = await newTopic()
  const group = `g-${randomUUID()}`
  let failures = 1
  let refusals = 2
  const sink: RecordingSink = recordingSink({
    put(batch) {
      const values = [...batch].map(({ value }) => value as string)
      if (values.includes('2') && refusals-- > 0) {
        running.context.requestCommit()
        throw new RetriableError('busy')
      }
      sink.values.push(...values)
    },
    flush() {
      if (failures-- > 0) throw new Error('disk full')
      sink.durable.push(...sink.values.slice(sink.durable.length))
    },
  })
  await write(topic, texts(0, 2))
  const running = runSink(client, sink, { topics: [topic], group })
  await arrives(sink, 2)
  await write(topic, ['2'])
  await arrives(sink, 5)
  await stop(running)
  expect(sink.values).toEqual(['0', '1', '0', '1', '2'])
  expect(await committed(group, topic)).toBe(3)
})

test('a commit that Kafka refuses brings nothing again and is made up for later', async () => {
  const topic = await newTopic()
  const sink = recordingSink()
  let refusals = 1
  await write(topic, texts(0, 4))
  const running = runSink(client, sink, {
    topics: [topic],
    onCommit() {
      if (refusals-- > 0) throw new KafkaError('COORDINATOR_LOAD_IN_PROGRESS', 'not now')
    },
  })
  await arrives(sink, 4)
  const paused = running.becomes('PAUSED')
  running.runner.setTarget('PAUSED')
  await paused
  await expect.poll(() => refusals, { timeout: 10_000 }).toBe(0)
  running.runner.setTarget('STARTED')
  await write(topic, texts(4, 1))
  await arrives(sink, 5)
  await stop(running)
  expect(sink.values).toEqual(texts(0, 5))
  expect(running.commits.map(({ offset }) => offset)).toEqual([5])
})

test('a flush that fails at the stop commits nothing, and fails nothing', async () => {
  const topic = await newTopic()
  const group = `g-${randomUUID()}`
  await write(topic, texts(0, 4))
  const sink = recordingSink({
    flush() {
      throw new Error('disk full')
    },
  })
  const running = runSink(client, sink, { topics: [topic], group })
  await arrives(sink, 4)
  await stop(running)
  expect(running.commits).toEqual([])
  expect(sink.calls.slice(-2)).toEqual(['close', 'stop'])
})

test('preCommit decides what is committed; what is ahead of the deliveries or not held is ignored', async () => {
  const topic = await newTopic()
  const group = `g-${randomUUID()}`
  await write(topic, texts(0, 10))
  const answers = [
    [{ topic, partition: 0, offset: 4 }],
    [{ topic, partition: 0, offset: 99 }],
    [{ topic: 'other', partition: 0, offset: 1 }],
    [],
  ]
  const sink = recordingSink({ preCommit: () => answers.shift() ?? [] })
  const running = runSink(client, sink, { topics: [topic], group })
  await arrives(sink, 10)
  for (let left = 3; left >= 1; left--) {
    running.context.requestCommit()
    await expect.poll(() => answers.length, { timeout: 10_000 }).toBe(left)
  }
  await stop(running)
  expect(await committed(group, topic)).toBe(4)
  expect(sink.calls).not.toContain('flush')
})

test('a put that may be tried again gets the very same batch, after the time the task asked for', async () => {
  const topic = await newTopic()
  await write(topic, texts(0, 3))
  const seen: unknown[] = []
  const at: number[] = []
  const sink: RecordingSink = recordingSink({
    put(batch) {
      if (batch.count === 0) return
      seen.push(batch)
      at.push(Date.now())
      if (seen.length < 3) {
        running.context.timeout(50)
        throw new RetriableError('busy')
      }
      for (const record of batch) sink.values.push(record.value as string)
    },
  })
  const running = runSink(client, sink, { topics: [topic] })
  await arrives(sink, 3)
  await write(topic, texts(3, 2))
  await arrives(sink, 5)
  await stop(running)
  expect(seen[1]).toBe(seen[0])
  expect(seen[2]).toBe(seen[0])
  expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(45)
  expect(sink.values).toEqual(texts(0, 5))
})

test('a stop while batches are refused is no failure, and commits only what was taken', async () => {
  const topic = await newTopic()
  await write(topic, texts(0, 3))
  let refused = 0
  const sink = recordingSink({
    put(batch) {
      if (batch.count === 0) return
      refused++
      throw new RetriableError('busy')
    },
  })
  const running = runSink(client, sink, { topics: [topic] })
  await expect.poll(() => refused, { timeout: 10_000 }).toBeGreaterThan(0)
  await stop(running)
  expect(running.commits).toEqual([])
})

test('while batches are refused the task stays in its group and lets others in', async () => {
  const topic = await newTopic(2)
  const group = `g-${randomUUID()}`
  await write(topic, texts(0, 3), 0)
  await write(topic, texts(10, 3), 1)
  const stuck = recordingSink({
    put(batch) {
      if (batch.count > 0) throw new RetriableError('busy')
    },
  })
  const first = runSink(client, stuck, { topics: [topic], group })
  await expect.poll(() => stuck.held.size, { timeout: 10_000 }).toBe(2)
  const sink = recordingSink()
  const second = runSink(client, sink, { topics: [topic], group })
  await arrives(sink, 3)
  expect(stuck.held.size).toBe(1)
  await stop(first)
  await arrives(sink, 6)
  await stop(second)
  expect(sink.values.toSorted()).toEqual([...texts(0, 3), ...texts(10, 3)].toSorted())
})

test('any other error fails the task in Kafka Connect words with its cause; what was put before is committed', async () => {
  const topic = await newTopic()
  const group = `g-${randomUUID()}`
  await write(topic, texts(0, 3))
  const sink: RecordingSink = recordingSink({
    put(batch) {
      for (const { value } of batch) {
        if (value === 'bad') throw new DataError('cannot write', { cause: new Error('root') })
        sink.values.push(value as string)
      }
    },
  })
  const running = runSink(client, sink, { topics: [topic], group })
  await arrives(sink, 3)
  await write(topic, ['bad'])
  const error = await running.ended.catch((caught: unknown) => caught)
  expect(traceOf(error)).toMatch(
    /^Error: Exiting WorkerSinkTask due to unrecoverable exception\..*Caused by: DataException: cannot write.*Caused by: Error: root/s,
  )
  expect(await committed(group, topic)).toBe(3)
  expect(sink.calls.slice(-3)).toEqual(['close', 'commit', 'stop'])
})

test('a task that fails leaves its group, even when it cannot stop', async () => {
  const topic = await newTopic()
  const group = `g-${randomUUID()}`
  await write(topic, texts(0, 1))
  const broken = recordingSink({
    put(batch) {
      if (batch.count > 0) throw new Error('no')
    },
    close: () => Promise.reject(new Error('cannot close')),
    [Symbol.asyncDispose]: () => Promise.reject(new Error('cannot stop')),
  })
  const first = runSink(client, broken, { topics: [topic], group })
  await expect(first.ended).rejects.toThrow('Exiting WorkerSinkTask')
  const sink = recordingSink()
  const second = runSink(client, sink, { topics: [topic], group })
  await arrives(sink, 1)
  await stop(second)
})

test('I2, I3: a second task takes over after flush and commit; nothing is lost and nothing comes twice', async () => {
  const topic = await newTopic(4)
  const group = `g-${randomUUID()}`
  const sinks = [recordingSink(), recordingSink(), recordingSink()] as const
  let written = 0
  let writing = true
  const writer = (async () => {
    for (; writing; written++) {
      await write(topic, [`${written}`], written % 4)
      await after(1)
    }
  })()
  const first = runSink(client, sinks[0], { topics: [topic], group })
  await arrives(sinks[0], 20)
  const second = runSink(client, sinks[1], { topics: [topic], group })
  await arrives(sinks[1], 20)
  expect(sinks[0].held.size).toBe(2)
  await stop(first)
  const third = runSink(client, sinks[2], { topics: [topic], group })
  await arrives(sinks[2], 20)
  writing = false
  await writer
  await expect.poll(() => sinks.flatMap(({ values }) => values).length, { timeout: 15_000 }).toBe(written)
  await stop(second)
  await stop(third)
  expect(sinks.flatMap(({ values }) => values).toSorted()).toEqual(texts(0, written).toSorted())
  for (const { values } of sinks) {
    for (const partition of [0, 1, 2, 3]) {
      const own = values.map(Number).filter((value) => value % 4 === partition)
      expect(own).toEqual(own.toSorted((a, b) => a - b))
    }
  }
})

test('a paused task keeps its place, is given nothing, and goes on where it was', async () => {
  const topic = await newTopic(2)
  const group = `g-${randomUUID()}`
  await write(topic, texts(0, 3))
  const sink = recordingSink()
  const running = runSink(client, sink, { topics: [topic], group })
  await arrives(sink, 3)
  const paused = running.becomes('PAUSED')
  running.runner.setTarget('PAUSED')
  await paused
  await expect.poll(() => committed(group, topic), { timeout: 10_000 }).toBe(3)
  await write(topic, texts(3, 3))
  // Another task joins, takes nothing and leaves: what is given anew to a paused task stays paused, too.
  const other = recordingSink({
    put(batch) {
      if (batch.count > 0) throw new RetriableError('busy')
    },
  })
  const second = runSink(client, other, { topics: [topic], group })
  await expect.poll(() => other.held.size, { timeout: 10_000 }).toBe(1)
  await stop(second)
  await expect.poll(() => sink.held.size, { timeout: 10_000 }).toBe(2)
  await after(200)
  expect(sink.values).toEqual(texts(0, 3))
  const resumed = running.becomes('RUNNING')
  running.runner.setTarget('STARTED')
  await resumed
  await arrives(sink, 6)
  await stop(running)
  expect(sink.values).toEqual(texts(0, 6))
})

test('a task that is paused before it started neither starts nor joins its group', async () => {
  const topic = await newTopic()
  await write(topic, texts(0, 1))
  const sink = recordingSink()
  const running = runSink(client, sink, { topics: [topic], target: 'PAUSED' })
  expect(running.states).toEqual(['PAUSED'])
  await after(100)
  expect(sink.calls).toEqual([])
  running.runner.setTarget('STARTED')
  await arrives(sink, 1)
  await stop(running)
})

test('a task pauses partitions, resumes them, and seeks, also while it opens them', async () => {
  const topic = await newTopic(2)
  await write(topic, texts(0, 5), 0)
  await write(topic, texts(10, 5), 1)
  const sink: RecordingSink = recordingSink({
    open() {
      running.context.pause([{ topic, partition: 1 }])
      running.context.seek({ topic, partition: 0 }, 3)
    },
  })
  const running = runSink(client, sink, { topics: [topic] })
  await arrives(sink, 2)
  await after(100)
  expect(sink.values).toEqual(['3', '4'])
  running.context.resume([{ topic, partition: 1 }])
  await arrives(sink, 7)
  expect(sink.values.slice(2)).toEqual(texts(10, 5))
  running.context.seek({ topic, partition: 0 }, 1)
  await arrives(sink, 11)
  expect(sink.values.slice(7)).toEqual(texts(1, 4))
  await stop(running)
})

test('a seek inside a put counts: what is read again is not committed as done', async () => {
  const topic = await newTopic()
  const group = `g-${randomUUID()}`
  await write(topic, texts(0, 6))
  let back = true
  const sink: RecordingSink = recordingSink({
    put(batch) {
      for (const { value } of batch) sink.values.push(value as string)
      if (!back || batch.count === 0) return
      back = false
      running.context.seek({ topic, partition: 0 }, 2)
      running.context.requestCommit()
    },
  })
  const running = runSink(client, sink, { topics: [topic], group })
  await arrives(sink, 10)
  await stop(running)
  expect(sink.values).toEqual([...texts(0, 6), ...texts(2, 4)])
  expect(await committed(group, topic)).toBe(6)
})

test('with tolerance records that cannot be read are left out, reported, and passed', async () => {
  const topic = await newTopic()
  const group = `g-${randomUUID()}`
  await write(topic, ['0', 'bad', '1', 'bad'])
  const lines: string[] = []
  const logger = { ...quietLogger, error: (message: string) => void lines.push(message) }
  const plainly = stringConverters()
  const picky = {
    ...plainly.value,
    total: false,
    toConnectData(name: string, bytes: Uint8Array | null) {
      const read = plainly.value.toConnectData(name, bytes)
      if (read.value === 'bad') throw new DataError('bad one')
      return read
    },
  }
  const config = {
    'errors.tolerance': 'all',
    'errors.log.enable': 'true',
    'errors.log.include.messages': 'true',
  }
  const sink = recordingSink()
  const running = runSink(client, sink, {
    topics: [topic],
    group,
    config,
    logger,
    converters: { ...plainly, value: picky },
  })
  await arrives(sink, 2)
  await stop(running)
  expect(sink.values).toEqual(['0', '1'])
  expect(await committed(group, topic)).toBe(4)
  expect(lines[0]).toMatch(
    new RegExp(
      `^Error encountered in task sink-0\\. Executing stage 'VALUE_CONVERTER' with class '.*StringConverter', where consumed record is \\{topic='${topic}', partition=0, offset=1, timestamp=\\d+, timestampType=CreateTime\\}\\.$`,
    ),
  )
  expect(lines).toHaveLength(2)

  const strict = runSink(client, recordingSink(), { topics: [topic], converters: { ...plainly, value: picky } })
  const error = await strict.ended.catch((caught: unknown) => caught)
  expect(traceOf(error)).toMatch(/^Error: Tolerance exceeded in error handler.*Caused by: DataException: bad one/s)
})

test('a stop ends a wait for a group that does not settle', async () => {
  const topic = await newTopic()
  const group = `g-${randomUUID()}`
  let release: () => void = () => undefined
  const slow = recordingSink({
    put: () =>
      new Promise<void>((resolve) => {
        release = resolve
      }),
  })
  const first = runSink(client, slow, { topics: [topic], group })
  await expect.poll(() => slow.held.size, { timeout: 10_000 }).toBe(1)
  // The first one is busy and does not join again, so the second one waits for it.
  const second = runSink(client, recordingSink(), { topics: [topic], group })
  await after(300)
  await stop(second)
  release()
  first.runner.cancel()
  release()
  await first.ended
})

test('I7: a cancelled task whose put hangs gives its partitions away and commits nothing', async () => {
  const topic = await newTopic()
  const group = `g-${randomUUID()}`
  await write(topic, texts(0, 3))
  let release: () => void = () => undefined
  const hanging = recordingSink({
    put: () =>
      new Promise<void>((resolve) => {
        release = resolve
      }),
  })
  const first = runSink(client, hanging, { topics: [topic], group })
  await expect.poll(() => hanging.held.size, { timeout: 10_000 }).toBe(1)
  first.runner.stop()
  first.runner.cancel()
  const sink = recordingSink()
  const second = runSink(client, sink, { topics: [topic], group })
  await arrives(sink, 3)
  await stop(second)
  release()
  await first.ended
  expect(first.commits).toEqual([])
})

test('I10: Kafka may go away and come back; the task goes on without a failure', async () => {
  const topic = await newTopic()
  const group = `g-${randomUUID()}`
  await write(topic, texts(0, 3))
  const sink = recordingSink()
  const running = runSink(client, sink, { topics: [topic, `missing-${randomUUID()}`], group })
  await arrives(sink, 3)
  await kafka.stop()
  await after(1_500)
  await kafka.start()
  await write(topic, texts(3, 3))
  await expect.poll(() => new Set(sink.values).size, { timeout: 30_000 }).toBe(6)
  await stop(running)
  expect(await committed(group, topic)).toBe(6)
})
