import type { Clock } from '#server/contract/clock.ts'
import { taskName } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import { deadLetterSettings, errorSettings } from '#server/core/error-policy.ts'
import { defaultStallIntervalMs, stallIntervalKey, stallIntervalOf } from '#server/core/stall.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import type { ClientPool } from '#server/kafka/client-pool.ts'
import { createProducer, type Producer } from '#server/kafka/producer.ts'
import { producerSettings } from '#server/kafka/producer-settings.ts'
import { createSinkConsumer } from '#server/kafka/sink-consumer.ts'
import type { SlabPool } from '#server/kafka/slab-pool.ts'
import type { TaskStart, WorkerOffsets } from '#server/runtime/plugin-host.ts'
import { openSource } from '#server/runtime/pool/open-source.ts'
import type { PluginPoolOptions } from '#server/runtime/pool/pool-options.ts'
import type { BoardDuring } from '#server/runtime/pool/stage-board.ts'
import { createTaskClients } from '#server/runtime/pool/task-clients.ts'
import { forEverMs } from '#server/runtime/pool/task-transactions.ts'
import type { ThreadMetrics } from '#server/runtime/pool/thread-metrics.ts'
import { type ThreadPlugins, typedConfig } from '#server/runtime/pool/thread-plugins.ts'
import type { ThreadProgress } from '#server/runtime/pool/thread-progress.ts'
import { clientUntil } from '#server/runtime/task/client-until.ts'
import { createDeadLetters, ensureDeadLetterTopic } from '#server/runtime/task/dead-letters.ts'
import { createErrantRecords } from '#server/runtime/task/errant-records.ts'
import { createSinkRunner } from '#server/runtime/task/sink-runner.ts'
import { subscriptionOf } from '#server/runtime/task/sink-subscription.ts'
import { createTaskConverters } from '#server/runtime/task/task-converters.ts'
import { createTaskPlugins, type OwnPlugin } from '#server/runtime/task/task-plugins.ts'
import { createTaskProgress, type TaskProgress } from '#server/runtime/task/task-progress.ts'
import type { TaskRunner, TaskRunnerEvents } from '#server/runtime/task/task-runner.ts'
import { createTaskTransforms } from '#server/runtime/task/task-transforms.ts'
import { createTolerance } from '#server/runtime/task/tolerance.ts'
import { pluginKind, type SinkPlugin, type SourcePlugin } from '#server/sdk/connector.ts'

export interface OpenTaskOptions {
  plugins: ThreadPlugins
  clients: ClientPool
  slabs: SlabPool
  /** The worker's properties. */
  worker: Readonly<Record<string, string>>
  workerOffsets: WorkerOffsets
  ensureCurrent: PluginPoolOptions['ensureCurrent']
  during: BoardDuring
  metrics: ThreadMetrics
  watch: ThreadProgress['watch']
  /** Takes resolved secrets out of a text that leaves the thread (S-09). */
  clean: (text: string) => string
  clock: Clock
  logger: Logger
}

const defaultFlushIntervalMs = '60000'
const defaultFlushTimeoutMs = '5000'

/** Makes a task of its config: its plugin, its converters, its way to or from Kafka. What it made is closed when it has ended. */
export async function openTask(
  options: OpenTaskOptions,
  start: TaskStart,
  events: TaskRunnerEvents,
): Promise<TaskRunner> {
  const logger = options.logger.child('task', { connector: start.id.connector, task: start.id.task })
  const progress = createTaskProgress(options.clock, (stage, hook) =>
    options.during(`${stage} task ${taskName(start.id)}`, hook, taskName(start.id)),
  )
  const { during } = progress
  const workerMs = Number(options.worker[stallIntervalKey] ?? defaultStallIntervalMs)
  const unwatch = options.watch(start.id, progress, stallIntervalOf(start.connectorConfig, workerMs))
  const made = createTaskPlugins(during, logger)
  try {
    const runner = await openRunner({ ...options, during, progress, logger }, start, events, made.own)
    const over = () => {
      unwatch()
      return made.close()
    }
    return { ...runner, run: () => runner.run().finally(over) }
  } catch (error) {
    unwatch()
    await made.close()
    throw error
  }
}

async function openRunner(
  options: OpenTaskOptions & { progress: TaskProgress },
  { id, connectorConfig, taskConfig, target, tasksVersion }: TaskStart,
  events: TaskRunnerEvents,
  own: OwnPlugin,
): Promise<TaskRunner> {
  const { plugins, worker, during, progress, clock, clean, logger } = options
  const context = { connector: id.connector, task: id.task, clock, logger }
  const measuring = options.metrics.of(id)
  const { record } = measuring
  const converters = await createTaskConverters(plugins.converters, connectorConfig, worker, own)
  const errors = { taskName: taskName(id), config: connectorConfig, record, clock, logger }
  const shared = {
    target,
    converters,
    transforms: createTaskTransforms(plugins.recordPlugins, connectorConfig, own),
    events,
    during,
    progress,
    record,
    clock,
    logger,
    flushIntervalMs: Number(worker['offset.flush.interval.ms'] ?? defaultFlushIntervalMs),
  }
  const plugin = plugins.of(connectorConfig)
  const clients = createTaskClients(options.clients, worker, connectorConfig)
  const over = () => {
    measuring.end()
    clients.release()
  }
  try {
    const isSink = plugin[pluginKind] === 'sink'
    const runner = await (isSink ? openSink(plugin as SinkPlugin) : openSourceTask(plugin as SourcePlugin))
    return { ...runner, run: () => runner.run().finally(over) }
  } catch (error) {
    over()
    throw error
  }

  async function openSourceTask(source: SourcePlugin): Promise<TaskRunner> {
    const { createTask } = await during('creating', () => source.load())
    return openSource({
      ...{ ...shared, id, connectorConfig, worker, clients, slabs: options.slabs },
      tolerance: createTolerance(errors),
      createTask: (more) =>
        during('creating', () => createTask(typedConfig(source, taskConfig), { ...context, ...more }, taskConfig)),
      workerOffsets: options.workerOffsets,
      ensureCurrent: () => options.ensureCurrent(id, tasksVersion),
      flushTimeoutMs: Number(worker['offset.flush.timeout.ms'] ?? defaultFlushTimeoutMs),
    })
  }

  /** I7: once the signal aborts nothing goes out through it any more. */
  function openProducer(signal: AbortSignal): Producer {
    const { client, properties } = clients.open('producer')
    return createProducer(clientUntil(client, signal), {
      acks: -1,
      idempotent: true,
      deliveryTimeoutMs: forEverMs,
      slabs: options.slabs,
      ...producerSettings(properties),
    })
  }

  function openAdmin(signal: AbortSignal) {
    return createAdmin(clientUntil(clients.open('admin').client, signal))
  }

  async function openSink(sink: SinkPlugin): Promise<TaskRunner> {
    const { createTask } = await during('creating', () => sink.load())
    const subscription = subscriptionOf(id.connector, connectorConfig, worker)
    const ended = new AbortController()
    const producer = await openDeadLetterQueue(ended.signal)
    const settings = deadLetterSettings(connectorConfig)
    const deadLetters =
      producer && settings && createDeadLetters({ task: id, settings, producer, clean, record, clock, logger })
    const tolerance = createTolerance({ ...errors, deadLetters })
    const reports = deadLetters !== undefined || errorSettings(connectorConfig).log
    const { client } = clients.open('consumer')
    const runner = await during('creating', () =>
      createSinkRunner({
        ...shared,
        tolerance,
        deadLetters,
        errant: reports ? createErrantRecords(tolerance, converters) : undefined,
        createTask: (requests) => createTask(typedConfig(sink, taskConfig), { ...context, ...requests }, taskConfig),
        openConsumer: (hooks) => createSinkConsumer(client, { ...subscription, hooks }),
      }),
    )
    const closeLetters = () => {
      ended.abort()
      // What it still waits for belongs to records that were not committed.
      void producer?.[Symbol.asyncDispose]()
    }
    return {
      ...runner,
      run: () => runner.run().finally(closeLetters),
      cancel() {
        runner.cancel()
        closeLetters()
      },
    }
  }

  /** What dead letters are written with; undefined: the connector has no queue for them. */
  async function openDeadLetterQueue(signal: AbortSignal): Promise<Producer | undefined> {
    const settings = deadLetterSettings(connectorConfig)
    if (!settings) return undefined
    await during('making the dead letter queue of', () => ensureDeadLetterTopic(openAdmin(signal), settings))
    return openProducer(signal)
  }
}
