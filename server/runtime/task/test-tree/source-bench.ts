import { type Clock, systemClock } from '#server/contract/clock.ts'
import type { TargetState } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import { byteArrayConverter } from '#server/converters/byte-array-converter.ts'
import { stringConverter } from '#server/converters/string-converter.ts'
import type { Unfinished } from '#server/core/stall.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import type { TransactionalProducer } from '#server/kafka/transactional-producer.ts'
import { createTaskRecorder, type Measurements } from '#server/observe/task-recorder.ts'
import { createAtLeastOnceDelivery } from '#server/runtime/task/at-least-once.ts'
import { clientUntil } from '#server/runtime/task/client-until.ts'
import { createExactlyOnceDelivery, type ExactlyOnceOptions } from '#server/runtime/task/exactly-once.ts'
import { createKafkaRetries } from '#server/runtime/task/kafka-retries.ts'
import type { SourceOffset, WriteOffsets } from '#server/runtime/task/offset-book.ts'
import { createRareWarnings } from '#server/runtime/task/rare-warnings.ts'
import { createSourceRunner } from '#server/runtime/task/source-runner.ts'
import type { TaskConverters } from '#server/runtime/task/task-converters.ts'
import { createTaskProgress } from '#server/runtime/task/task-progress.ts'
import type { During, TaskRunner } from '#server/runtime/task/task-runner.ts'
import { createTolerance } from '#server/runtime/task/tolerance.ts'
import type { SourceTask } from '#server/sdk/source-task.ts'

export const plainDuring: During = async (_stage, hook) => hook()

export function stringConverters(): TaskConverters {
  const converter = stringConverter.converter?.({}, false)
  const header = stringConverter.headerConverter?.({})
  if (!converter || !header) throw new Error('StringConverter converts both')
  return {
    key: converter,
    value: converter,
    header,
    classes: { key: stringConverter.class, value: stringConverter.class, header: stringConverter.class },
  }
}

/** Values that are bytes pass, everything else is refused. */
export function byteConverters(): TaskConverters {
  const converter = byteArrayConverter.converter?.({}, false)
  if (!converter) throw new Error('ByteArrayConverter converts')
  return { ...stringConverters(), value: converter }
}

export interface RunningSource {
  /** What it measured since this was last asked. */
  measured: () => Measurements
  runner: TaskRunner
  ended: Promise<void>
  states: string[]
  topics: string[]
  /** Every write of offsets that Kafka would have taken. */
  written: SourceOffset[][]
  /** The newest position of `{file: 'a'}` that is stored. */
  stored(): number | undefined
  /** What it has begun and not finished. */
  unfinished(): Unfinished[]
  /** Resolves when the task says so. */
  becomes(state: 'RUNNING' | 'PAUSED'): Promise<void>
}

/** A source task on a real client, with offsets kept in memory. */
export function runSource(
  client: KafkaClient,
  task: SourceTask,
  given: {
    target?: TargetState
    config?: Record<string, string>
    converters?: TaskConverters
    writeOffsets?: WriteOffsets
    flushIntervalMs?: number
    flushIdleMs?: number
    flushTimeoutMs?: number
    logger?: Logger
    deliveryTimeoutMs?: number
    clock?: Clock
    /** Exactly once instead: with these transactions. */
    transactions?: Pick<ExactlyOnceOptions, 'boundary' | 'offsetsTopic'> & {
      producer(client: KafkaClient): TransactionalProducer
      ensureCurrent?: ExactlyOnceOptions['ensureCurrent']
    }
  } = {},
): RunningSource {
  const states: string[] = []
  const topics: string[] = []
  const written: SourceOffset[][] = []
  const waiters: { state: string; resolve: () => void }[] = []
  const logger = given.logger ?? quietLogger
  const { record, take } = createTaskRecorder()
  const clock = given.clock ?? systemClock
  const progress = createTaskProgress(clock, plainDuring)
  const common = { task, during: progress.during, progress, record, clock, logger }
  const flushTimeoutMs = given.flushTimeoutMs ?? 5_000
  const runner = createSourceRunner({
    ...common,
    target: given.target ?? 'STARTED',
    events: {
      state(state) {
        states.push(state)
        for (const waiter of waiters) if (waiter.state === state) waiter.resolve()
      },
    },
    openDelivery({ output, signal, ending, wake }) {
      const sending = {
        ...common,
        converters: given.converters ?? stringConverters(),
        tolerance: createTolerance({ taskName: 'numbers-0', config: given.config ?? {}, record, clock, logger }),
        onTopic: (topic: string) => void topics.push(topic),
        onFailure: wake,
        signal,
        ending,
      }
      const own = clientUntil(client, output, createKafkaRetries(progress, createRareWarnings({ clock, logger })))
      if (given.transactions) {
        return createExactlyOnceDelivery({
          ...{ ...sending, wake, name: 'numbers-0', connector: 'numbers', abortWithinMs: flushTimeoutMs },
          ...{ ensureCurrent: async () => undefined, ...given.transactions },
          transactions: given.transactions.producer(own),
        })
      }
      return createAtLeastOnceDelivery({
        ...sending,
        producer: createProducer(own, {
          acks: -1,
          idempotent: true,
          deliveryTimeoutMs: given.deliveryTimeoutMs ?? 2 ** 31 - 1,
        }),
        async writeOffsets(offsets) {
          await given.writeOffsets?.(offsets)
          written.push([...offsets])
        },
        flushIntervalMs: given.flushIntervalMs ?? 20,
        flushIdleMs: given.flushIdleMs ?? 0,
        flushTimeoutMs,
      })
    },
  })
  const ended = runner.run()
  ended.catch(() => undefined) // a test that expects a failure awaits it
  return {
    measured: take,
    runner,
    ended,
    states,
    topics,
    written,
    unfinished: progress.unfinished,
    stored: () => written.flat().findLast(({ partition }) => partition.file === 'a')?.offset?.position as never,
    becomes: (state) => new Promise((resolve) => waiters.push({ state, resolve })),
  }
}
