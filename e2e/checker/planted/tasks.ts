import type { Bench } from '#e2e/checker/planted/bench.ts'
import { kafkaRecords } from '#e2e/observers/kafka-records.ts'
import * as verifiableSink from '#e2e/verifiable/sink.ts'
import * as verifiableSource from '#e2e/verifiable/source.ts'
import { systemClock } from '#server/contract/clock.ts'
import { jsonConverter } from '#server/converters/json-converter.ts'
import { stringConverter } from '#server/converters/string-converter.ts'
import { encodeOffsetRecord } from '#server/core/offset-record.ts'
import { boundaryAtPolls } from '#server/core/transaction-boundary.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { createProducer, type Producer, type ProducerOptions } from '#server/kafka/producer.ts'
import { createSinkConsumer, type RebalanceHooks, type SinkConsumer } from '#server/kafka/sink-consumer.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createTransactionalProducer, type TransactionalProducer } from '#server/kafka/transactional-producer.ts'
import { createTaskRecorder } from '#server/observe/task-recorder.ts'
import { createAtLeastOnceDelivery } from '#server/runtime/task/at-least-once.ts'
import { clientUntil } from '#server/runtime/task/client-until.ts'
import { createExactlyOnceDelivery } from '#server/runtime/task/exactly-once.ts'
import type { SourceOffset, WriteOffsets } from '#server/runtime/task/offset-book.ts'
import { createSinkRunner } from '#server/runtime/task/sink-runner.ts'
import { createSourceRunner } from '#server/runtime/task/source-runner.ts'
import type { TaskConverters } from '#server/runtime/task/task-converters.ts'
import { createTaskProgress } from '#server/runtime/task/task-progress.ts'
import type { TaskRunner } from '#server/runtime/task/task-runner.ts'
import type { TaskTransforms } from '#server/runtime/task/task-transforms.ts'
import { plainDuring } from '#server/runtime/task/test-tree/source-bench.ts'
import { createTolerance } from '#server/runtime/task/tolerance.ts'
import type { OffsetMap } from '#server/sdk/records.ts'
import type { SinkTask } from '#server/sdk/sink-task.ts'
import type { SourceTask } from '#server/sdk/source-task.ts'

/** What is put in the place of a collaborator of the real runners. Absent: nothing is. */
export interface SourceFaults {
  producerOptions?: Partial<ProducerOptions>
  producer?: (real: Producer, openProducer: () => Producer) => Producer
  writeOffsets?: (real: WriteOffsets) => WriteOffsets
  readOffset?: (real: OffsetMap | null) => OffsetMap | null
  /** Of an exactly-once source. */
  transactions?: (real: TransactionalProducer, openProducer: () => Producer) => TransactionalProducer
  transactionalId?: () => string
  task?: (real: SourceTask) => SourceTask
  converters?: (real: TaskConverters) => TaskConverters
}

export interface SinkFaults {
  consumer?: (open: (hooks: RebalanceHooks) => SinkConsumer, hooks: RebalanceHooks) => SinkConsumer
  task?: (real: SinkTask) => SinkTask
}

export interface RunningTask {
  readonly runner: TaskRunner
  /** Resolves when it has ended, rejects with what made it fail. */
  readonly ended: Promise<void>
  /** What it last said of itself. */
  readonly state: string
  stop(): Promise<void>
}

const pieces = { clock: systemClock, logger: quietLogger, during: plainDuring }

function converters(): TaskConverters {
  const json = jsonConverter.converter?.({}, false)
  const header = stringConverter.headerConverter?.({})
  if (!json || !header) throw new Error('both convert')
  const classes = { key: jsonConverter.class, value: jsonConverter.class, header: stringConverter.class }
  return { key: json, value: json, header, classes }
}

function toleranceOf(name: string) {
  const { record } = createTaskRecorder()
  return { record, tolerance: createTolerance({ taskName: `${name}-0`, config: {}, record, ...pieces }) }
}

function running(create: (state: (said: string) => void) => TaskRunner): RunningTask {
  let state = 'UNASSIGNED'
  const runner = create((said) => {
    state = said
  })
  const ended = runner.run()
  ended.catch(() => undefined) // whoever expects a failure awaits it
  return {
    runner,
    ended,
    get state() {
      return state
    },
    async stop() {
      runner.stop()
      await ended
    },
  }
}

/** Task 0 of a verifiable source, run by the runner that workers run it with. */
export function runSource(
  bench: Bench,
  options: {
    name: string
    throughput?: number
    messages?: number
    faults?: SourceFaults | undefined
    transforms?: TaskTransforms
    client?: KafkaClient
    exactlyOnce?: boolean
  },
): RunningTask {
  const { name, faults = {}, transforms, client = bench.client } = options
  const openProducer = (own = client) => createProducer(own, { acks: -1, idempotent: true, ...faults.producerOptions })
  const settings = {
    topic: bench.topic,
    throughput: options.throughput ?? 2_000,
    'complete.record.data': true,
    // Small, so that many batches go out however busy the machine is.
    'batch.size': 10,
    'max.messages': options.messages ?? -1,
    'ledger.folder': bench.ledgers,
  }
  const context = {
    connector: name,
    task: 0,
    clock: systemClock,
    logger: quietLogger,
    offsets: async (partitions: readonly OffsetMap[]) => {
      const stored = await storedOffset(bench, name)
      return partitions.map(() => faults.readOffset?.(stored) ?? stored)
    },
  }
  const task = verifiableSource.createTask(settings, context, { id: '0' })
  return running((state) => {
    const { record, tolerance } = toleranceOf(name)
    const progress = createTaskProgress(systemClock, plainDuring)
    const common = { ...pieces, task: faults.task?.(task) ?? task, during: progress.during, progress, record }
    return createSourceRunner({
      ...common,
      target: 'STARTED',
      events: { state },
      openDelivery({ output, signal, ending, wake }) {
        const own = clientUntil(client, output)
        const sending = {
          ...{ ...common, tolerance, transforms, signal, ending },
          converters: faults.converters?.(converters()) ?? converters(),
          onTopic: () => undefined,
          onFailure: wake,
        }
        if (options.exactlyOnce) {
          const transactionalId = faults.transactionalId?.() ?? `${bench.topic}-0`
          const transactions = createTransactionalProducer(own, { transactionalId })
          return createExactlyOnceDelivery({
            ...{ ...sending, wake, name: `${name}-0`, connector: name, offsetsTopic: bench.offsetsTopic },
            transactions: faults.transactions?.(transactions, openProducer) ?? transactions,
            boundary: boundaryAtPolls(),
            ensureCurrent: async () => undefined,
            abortWithinMs: 5_000,
          })
        }
        const producer = openProducer(own)
        const write = offsetWriter(bench, name, own)
        return createAtLeastOnceDelivery({
          ...sending,
          producer: faults.producer?.(producer, openProducer) ?? producer,
          writeOffsets: faults.writeOffsets?.(write) ?? write,
          flushIntervalMs: 20,
          flushIdleMs: 0,
          flushTimeoutMs: 5_000,
        })
      },
    })
  })
}

/** Writes offsets as tasks of workers do, into the topic of the bench. */
function offsetWriter(bench: Bench, connector: string, client: KafkaClient): WriteOffsets {
  const producer = createProducer(client, { acks: -1, idempotent: true })
  return async (offsets: readonly SourceOffset[]) => {
    const records = offsets.map((entry) => encodeOffsetRecord({ connector, ...entry }))
    await producer.produce(
      bench.offsetsTopic,
      records.map(({ key, value }) => ({ key: Buffer.from(key), value: value === null ? null : Buffer.from(value) })),
    )
  }
}

async function storedOffset(bench: Bench, connector: string): Promise<OffsetMap | null> {
  let stored: OffsetMap | null = null
  for (const partition of await kafkaRecords(bench.client, bench.offsetsTopic)) {
    for await (const { key, value } of partition) {
      if (JSON.parse(key ?? '[]')[0] === connector) stored = value === null ? null : JSON.parse(value)
    }
  }
  return stored
}

/** Task 0 of a verifiable sink, run by the runner that workers run it with. */
export function runSink(
  bench: Bench,
  options: { name: string; faults?: SinkFaults | undefined; flushIntervalMs?: number },
): RunningTask {
  const { name, faults = {} } = options
  const open = (hooks: RebalanceHooks) =>
    createSinkConsumer(bench.client, {
      groupId: `connect-${name}`,
      subscribe: { topics: [bench.topic] },
      isolation: 'read_uncommitted',
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 100,
      maxWaitMs: 50,
      hooks,
    })
  const context = { connector: name, task: 0, clock: systemClock, logger: quietLogger }
  return running((state) =>
    createSinkRunner({
      ...pieces,
      ...toleranceOf(name),
      progress: createTaskProgress(systemClock, plainDuring),
      target: 'STARTED',
      createTask(requests) {
        const settings = { 'ledger.folder': bench.ledgers }
        const task = verifiableSink.createTask(settings, { ...context, ...requests }, { id: '0' })
        return faults.task?.(task) ?? task
      },
      openConsumer: (hooks) => faults.consumer?.(open, hooks) ?? open(hooks),
      converters: converters(),
      events: { state, topic: () => undefined },
      flushIntervalMs: options.flushIntervalMs ?? 50,
      flushIdleMs: 0,
    }),
  )
}
