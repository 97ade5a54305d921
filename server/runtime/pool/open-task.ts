import type { Clock } from '#server/contract/clock.ts'
import { taskName } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import { idleCommitMsOf } from '#server/core/idle-commit.ts'
import { stallIntervalOf, workerStallIntervalMs } from '#server/core/stall.ts'
import type { ClientPool } from '#server/kafka/client-pool.ts'
import type { SlabPool } from '#server/kafka/slab-pool.ts'
import type { TaskStart, WorkerOffsets } from '#server/runtime/plugin-host.ts'
import type { PluginPoolOptions } from '#server/runtime/pool/pool-options.ts'
import { slabsWithin, type TaskMemory } from '#server/runtime/pool/record-budget.ts'
import type { BoardDuring } from '#server/runtime/pool/stage-board.ts'
import { createTaskClients } from '#server/runtime/pool/task-clients.ts'
import type { ThreadMetrics } from '#server/runtime/pool/thread-metrics.ts'
import { type ThreadPlugins, typedConfig } from '#server/runtime/pool/thread-plugins.ts'
import type { ThreadProgress } from '#server/runtime/pool/thread-progress.ts'
import type { HeldTaskEvents } from '#server/runtime/pool/thread-tasks.ts'
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
  /** What the tasks of all threads share. */
  memory: { task(): TaskMemory }
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
  events: HeldTaskEvents,
): Promise<TaskRunner> {
  const logger = options.logger.child('task', { connector: start.id.connector, task: start.id.task })
  const progress = createTaskProgress(options.clock, (stage, hook) =>
    options.during(`${stage} task ${taskName(start.id)}`, hook, taskName(start.id)),
  )
  const { during } = progress
  const intervalMs = stallIntervalOf(start.connectorConfig, workerStallIntervalMs(options.worker))
  const unwatch = options.watch({ task: start.id, progress, intervalMs, current: events.current })
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
    flushIdleMs: idleCommitMsOf(connectorConfig, worker),
  }
  const plugin = plugins.of(connectorConfig)
  const clients = createTaskClients(options.clients, worker, connectorConfig)
  const memory = options.memory.task()
  const slabs = slabsWithin(options.slabs, memory)
  const over = () => {
    measuring.end()
    clients.release()
    memory.close()
  }
  try {
    const isSink = plugin[pluginKind] === 'sink'
    const runner = await (isSink ? openSinkTask(plugin as SinkPlugin) : openSourceTask(plugin as SourcePlugin))
    return { ...runner, run: () => runner.run().finally(over) }
  } catch (error) {
    over()
    throw error
  }

  /** What only a source, or only a sink, runs on is loaded with the first of them. */
  async function openSourceTask(source: SourcePlugin): Promise<TaskRunner> {
    const { openSource } = await import('#server/runtime/pool/open-source.ts')
    const { createTask } = await during('creating', () => source.load())
    return openSource({
      ...{ ...shared, id, connectorConfig, worker, clients, slabs },
      tolerance: createTolerance(errors),
      createTask: (more) =>
        during('creating', () => createTask(typedConfig(source, taskConfig), { ...context, ...more }, taskConfig)),
      workerOffsets: options.workerOffsets,
      ensureCurrent: () => options.ensureCurrent(id, tasksVersion),
      flushTimeoutMs: Number(worker['offset.flush.timeout.ms'] ?? defaultFlushTimeoutMs),
    })
  }

  async function openSinkTask(sink: SinkPlugin): Promise<TaskRunner> {
    const { openSink } = await import('#server/runtime/pool/open-sink.ts')
    const { createTask } = await during('creating', () => sink.load())
    return openSink({
      ...{ ...shared, errors, id, connectorConfig, worker, clients, slabs, memory, clean },
      createTask: (requests) => createTask(typedConfig(sink, taskConfig), { ...context, ...requests }, taskConfig),
    })
  }
}
