import type { Clock } from '#server/contract/clock.ts'
import { taskName } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import { encodeOffsetRecord } from '#server/core/offset-record.ts'
import type { ClientPool } from '#server/kafka/client-pool.ts'
import { connectorClientProperties } from '#server/kafka/connector-client.ts'
import { createProducer } from '#server/kafka/producer.ts'
import { producerSettings } from '#server/kafka/producer-settings.ts'
import { createSinkConsumer } from '#server/kafka/sink-consumer.ts'
import type { SlabPool } from '#server/kafka/slab-pool.ts'
import type { OffsetKeeper, OffsetReader, TaskStart } from '#server/runtime/plugin-host.ts'
import type { ThreadMetrics } from '#server/runtime/pool/thread-metrics.ts'
import { type ThreadPlugins, typedConfig } from '#server/runtime/pool/thread-plugins.ts'
import { clientUntil } from '#server/runtime/task/client-until.ts'
import { createSinkRunner } from '#server/runtime/task/sink-runner.ts'
import { subscriptionOf } from '#server/runtime/task/sink-subscription.ts'
import { createSourceRunner, type SourceOutput } from '#server/runtime/task/source-runner.ts'
import { createTaskConverters } from '#server/runtime/task/task-converters.ts'
import type { During, TaskRunner, TaskRunnerEvents } from '#server/runtime/task/task-runner.ts'
import { createTaskTransforms } from '#server/runtime/task/task-transforms.ts'
import { createTolerance } from '#server/runtime/task/tolerance.ts'
import { pluginKind, type SinkPlugin, type SourcePlugin } from '#server/sdk/connector.ts'
import type { OffsetMap } from '#server/sdk/records.ts'

export interface OpenTaskOptions {
  plugins: ThreadPlugins
  clients: ClientPool
  slabs: SlabPool
  /** The worker's properties. */
  worker: Readonly<Record<string, string>>
  readOffsets: OffsetReader['read']
  /** Where offsets go instead of the offsets topic. */
  keepOffsets?: OffsetKeeper['write']
  during: During
  metrics: ThreadMetrics
  clock: Clock
  logger: Logger
}

const defaultFlushIntervalMs = '60000'
const defaultFlushTimeoutMs = '5000'
/** Kafka Connect's producers try for as long as it takes. */
const forEverMs = 2 ** 31 - 1

/** Makes a task of its config: its plugin, its converters, its way to or from Kafka. */
export async function openTask(
  options: OpenTaskOptions,
  { id, connectorConfig, taskConfig, target }: TaskStart,
  events: TaskRunnerEvents,
): Promise<TaskRunner> {
  const { plugins, clients, worker, clock } = options
  const name = taskName(id)
  const logger = options.logger.child('task', { connector: id.connector, task: id.task })
  const during: During = (stage, hook) => options.during(`${stage} task ${name}`, hook)
  const context = { connector: id.connector, task: id.task, clock, logger }
  const measuring = options.metrics.of(id)
  const { record } = measuring
  const shared = {
    target,
    converters: createTaskConverters(plugins.converters, connectorConfig, worker),
    transforms: createTaskTransforms(plugins.recordPlugins, connectorConfig),
    tolerance: createTolerance({ taskName: name, config: connectorConfig, record, clock, logger }),
    events,
    during,
    record,
    clock,
    logger,
    flushIntervalMs: Number(worker['offset.flush.interval.ms'] ?? defaultFlushIntervalMs),
  }
  const plugin = plugins.of(connectorConfig)
  const kind = plugin[pluginKind] === 'sink' ? 'consumer' : 'producer'
  const properties = connectorClientProperties(kind, worker, connectorConfig)
  const { client, release } = clients.lease(properties)
  try {
    const runner = await (kind === 'consumer' ? openSink(plugin as SinkPlugin) : openSource(plugin as SourcePlugin))
    const over = () => {
      measuring.end()
      release()
    }
    return { ...runner, run: () => runner.run().finally(over) }
  } catch (error) {
    measuring.end()
    release()
    throw error
  }

  async function openSource(source: SourcePlugin): Promise<TaskRunner> {
    const { createTask } = await source.load()
    const offsets = async (partitions: readonly OffsetMap[]) =>
      (await options.readOffsets(id.connector, [...partitions])) as (OffsetMap | null)[]
    return createSourceRunner({
      ...shared,
      task: await during('creating', () =>
        createTask(typedConfig(source, taskConfig), { ...context, offsets }, taskConfig),
      ),
      openOutput,
      flushTimeoutMs: Number(worker['offset.flush.timeout.ms'] ?? defaultFlushTimeoutMs),
    })
  }

  function openOutput(signal: AbortSignal): SourceOutput {
    const producer = createProducer(clientUntil(client, signal), {
      acks: -1,
      idempotent: true,
      deliveryTimeoutMs: forEverMs,
      slabs: options.slabs,
      ...producerSettings(properties),
    })
    return {
      producer,
      async writeOffsets(entries) {
        if (options.keepOffsets) return options.keepOffsets(id.connector, [...entries])
        const records = entries.map((entry) => encodeOffsetRecord({ connector: id.connector, ...entry }))
        await producer.produce(worker['offset.storage.topic'] ?? '', records.map(toBytes))
      },
    }
  }

  async function openSink(sink: SinkPlugin): Promise<TaskRunner> {
    const { createTask } = await sink.load()
    const subscription = subscriptionOf(id.connector, connectorConfig, worker)
    return during('creating', () =>
      createSinkRunner({
        ...shared,
        createTask: (requests) => createTask(typedConfig(sink, taskConfig), { ...context, ...requests }, taskConfig),
        openConsumer: (hooks) => createSinkConsumer(client, { ...subscription, hooks }),
      }),
    )
  }
}

const toBytes = ({ key, value }: { key: string; value: string | null }) => ({
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
})
