import { randomUUID } from 'node:crypto'
import type { AssignorName } from '#server/contract/assignment-strategies.ts'
import { systemClock } from '#server/contract/clock.ts'
import type { TargetState } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { Unfinished } from '#server/core/stall.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { createSinkConsumer, type SinkConsumer } from '#server/kafka/sink-consumer.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createTaskRecorder, type Measurements } from '#server/observe/task-recorder.ts'
import type { DeadLetters } from '#server/runtime/task/dead-letters.ts'
import { createErrantRecords } from '#server/runtime/task/errant-records.ts'
import { createSinkRunner } from '#server/runtime/task/sink-runner.ts'
import type { TaskConverters } from '#server/runtime/task/task-converters.ts'
import { createTaskProgress } from '#server/runtime/task/task-progress.ts'
import type { TaskRunner } from '#server/runtime/task/task-runner.ts'
import { plainDuring, stringConverters } from '#server/runtime/task/test-tree/source-bench.ts'
import { createTolerance } from '#server/runtime/task/tolerance.ts'
import type { SinkBatch, TopicPartition } from '#server/sdk/records.ts'
import type { SinkTask, SinkTaskContext } from '#server/sdk/sink-task.ts'

/** A sink that remembers. `put` values are durable only after a `flush`. */
export interface RecordingSink extends SinkTask {
  readonly calls: string[]
  /** Values in the order of delivery, repeated ones included. */
  readonly values: (string | null)[]
  readonly durable: (string | null)[]
  readonly held: Set<string>
}

export function recordingSink(hooks: Partial<SinkTask> = {}): RecordingSink {
  const calls: string[] = []
  const values: (string | null)[] = []
  const durable: (string | null)[] = []
  const held = new Set<string>()
  const name = ({ topic, partition }: TopicPartition) => `${topic}-${partition}`
  return {
    calls,
    values,
    durable,
    held,
    start: () => void calls.push('start'),
    open(partitions) {
      calls.push('open')
      for (const partition of partitions) held.add(name(partition))
    },
    put(batch: SinkBatch) {
      if (batch.count === 0) return
      calls.push('put')
      for (const record of batch) values.push(record.value as string | null)
    },
    flush() {
      calls.push('flush')
      durable.push(...values.slice(durable.length))
    },
    close(partitions) {
      calls.push('close')
      for (const partition of partitions) held.delete(name(partition))
    },
    async [Symbol.asyncDispose]() {
      calls.push('stop')
    },
    ...hooks,
  }
}

export interface RunningSink {
  /** What it measured since this was last asked. */
  measured: () => Measurements
  runner: TaskRunner
  ended: Promise<void>
  states: string[]
  topics: string[]
  leftOut: { count: number; reason: string; places: readonly string[] }[]
  context: Pick<SinkTaskContext, 'pause' | 'resume' | 'seek' | 'timeout' | 'requestCommit'>
  /** What was committed, in order, and what the sink had made durable then. */
  commits: { partition: number; offset: number; durable: number }[]
  /** What it has begun and not finished. */
  unfinished(): Unfinished[]
  becomes(state: 'RUNNING' | 'PAUSED'): Promise<void>
}

export function runSink(
  client: KafkaClient,
  sink: RecordingSink,
  given: {
    topics: readonly string[]
    group?: string
    assignors?: readonly AssignorName[]
    target?: TargetState
    config?: Record<string, string>
    converters?: TaskConverters
    flushIntervalMs?: number
    flushIdleMs?: number
    isolateMostPercent?: number
    sessionTimeoutMs?: number
    rebalanceTimeoutMs?: number
    maxPollIntervalMs?: number
    maxPollRecords?: number
    deadLetters?: DeadLetters
    logger?: Logger
    /** Called before a commit goes out; may throw. */
    onCommit?: () => void
  },
): RunningSink {
  const states: string[] = []
  const topics: string[] = []
  const commits: RunningSink['commits'] = []
  const waiters: { state: string; resolve: () => void }[] = []
  const logger = given.logger ?? quietLogger
  let context: RunningSink['context'] | undefined
  const { record, take } = createTaskRecorder()
  const leftOut: RunningSink['leftOut'] = []
  const converters = given.converters ?? stringConverters()
  const tolerance = createTolerance({
    taskName: 'sink-0',
    config: given.config ?? {},
    deadLetters: given.deadLetters,
    record,
    clock: systemClock,
    logger,
  })
  const errant = createErrantRecords(tolerance, converters)
  const progress = createTaskProgress(systemClock, plainDuring)
  const runner = createSinkRunner({
    createTask(requests) {
      context = requests
      return sink
    },
    target: given.target ?? 'STARTED',
    openConsumer(hooks): SinkConsumer {
      const consumer = createSinkConsumer(client, {
        groupId: given.group ?? `g-${randomUUID()}`,
        subscribe: { topics: given.topics },
        ...(given.assignors && { assignors: given.assignors }),
        isolation: 'read_uncommitted',
        sessionTimeoutMs: given.sessionTimeoutMs ?? 6_000,
        ...(given.rebalanceTimeoutMs !== undefined && { rebalanceTimeoutMs: given.rebalanceTimeoutMs }),
        ...(given.maxPollIntervalMs !== undefined && { maxPollIntervalMs: given.maxPollIntervalMs }),
        ...(given.maxPollRecords !== undefined && { maxPollRecords: given.maxPollRecords }),
        heartbeatIntervalMs: 100,
        maxWaitMs: 50,
        hooks,
      })
      return {
        ...consumer,
        async commit(offsets) {
          given.onCommit?.()
          sink.calls.push('commit')
          for (const { partition, offset } of offsets) commits.push({ partition, offset, durable: sink.durable.length })
          await consumer.commit(offsets)
        },
      }
    },
    converters,
    tolerance,
    deadLetters: given.deadLetters,
    isolation:
      given.isolateMostPercent === undefined
        ? undefined
        : { report: errant.report, mostPercent: given.isolateMostPercent },
    events: {
      state(state) {
        states.push(state)
        for (const waiter of waiters) if (waiter.state === state) waiter.resolve()
      },
      topic: (topic) => void topics.push(topic),
      leftOut: (count, reason, places) => void leftOut.push({ count, reason, places }),
    },
    during: plainDuring,
    progress,
    record,
    clock: systemClock,
    logger,
    flushIntervalMs: given.flushIntervalMs ?? 60_000,
    flushIdleMs: given.flushIdleMs ?? 0,
  })
  const ended = runner.run()
  ended.catch(() => undefined) // a test that expects a failure awaits it
  if (!context) throw new Error('the task was created')
  return {
    measured: take,
    runner,
    ended,
    states,
    topics,
    leftOut,
    context,
    commits,
    unfinished: progress.unfinished,
    becomes: (state) => new Promise((resolve) => waiters.push({ state, resolve })),
  }
}
