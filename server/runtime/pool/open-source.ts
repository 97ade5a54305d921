import type { Clock } from '#server/contract/clock.ts'
import { type TaskId, taskName } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import { errorSettings } from '#server/core/error-policy.ts'
import { exactlyOnceSupportOf } from '#server/core/exactly-once.ts'
import { type OffsetPlace, offsetPlaceOf } from '#server/core/offset-place.ts'
import { encodeOffsetRecord } from '#server/core/offset-record.ts'
import { topicCreationGroups } from '#server/core/topic-creation.ts'
import {
  type BoundaryRequests,
  boundaryAtIntervals,
  boundaryAtPolls,
  boundaryByConnector,
  createBoundaryRequests,
  type TransactionBoundary,
} from '#server/core/transaction-boundary.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createProducer, type Producer } from '#server/kafka/producer.ts'
import { producerSettings } from '#server/kafka/producer-settings.ts'
import type { SlabPool } from '#server/kafka/slab-pool.ts'
import type { WorkerOffsets } from '#server/runtime/plugin-host.ts'
import type { OwnOffsets } from '#server/runtime/pool/own-offsets.ts'
import { forEverMs, type TaskClients } from '#server/runtime/pool/task-clients.ts'
import { createAtLeastOnceDelivery } from '#server/runtime/task/at-least-once.ts'
import { clientUntil } from '#server/runtime/task/client-until.ts'
import { createKafkaRetries } from '#server/runtime/task/kafka-retries.ts'
import type { WriteOffsets } from '#server/runtime/task/offset-book.ts'
import { createOffsetCopies, withCopies } from '#server/runtime/task/offset-copies.ts'
import { createRareWarnings } from '#server/runtime/task/rare-warnings.ts'
import type { SourceDelivery } from '#server/runtime/task/source-delivery.ts'
import { createSourceRunner, type DeliveryStart, type SourceRunnerOptions } from '#server/runtime/task/source-runner.ts'
import type { SourceSenderOptions } from '#server/runtime/task/source-sender.ts'
import type { TaskRunner, TaskRunnerEvents } from '#server/runtime/task/task-runner.ts'
import { createTopicCreation } from '#server/runtime/task/topic-creation.ts'
import type { OffsetMap } from '#server/sdk/records.ts'
import type { SourceTask, SourceTaskContext } from '#server/sdk/source-task.ts'

type Properties = Readonly<Record<string, string>>

export interface OpenSourceOptions
  extends Omit<SourceRunnerOptions, 'task' | 'openDelivery' | 'events'>,
    Pick<SourceSenderOptions, 'converters' | 'transforms' | 'tolerance'> {
  id: TaskId
  connectorConfig: Properties
  worker: Properties
  createTask(more: Pick<SourceTaskContext, 'offsets' | 'transactionContext'>): Promise<SourceTask>
  clients: TaskClients
  slabs: SlabPool
  workerOffsets: WorkerOffsets
  /** Rejects when newer task configs exist, or the task is another worker's by now. */
  ensureCurrent(): Promise<void>
  events: TaskRunnerEvents
  flushIntervalMs: number
  flushIdleMs: number
  flushTimeoutMs: number
  clock: Clock
  logger: Logger
}

/** Makes a source task: its plugin's part, its way to Kafka, and where its offsets are. */
export async function openSource(options: OpenSourceOptions): Promise<TaskRunner> {
  const { id, connectorConfig, worker, clients, slabs, workerOffsets, clock, logger, flushTimeoutMs } = options
  const { client, properties } = clients.open('producer')
  const retrying = createKafkaRetries(options.progress, createRareWarnings(options))
  const exactlyOnce = exactlyOnceSupportOf(worker) === 'enabled' && !workerOffsets.keepsAll
  const requests = exactlyOnce && boundaryOf(connectorConfig) === 'connector' ? createBoundaryRequests() : undefined
  const place = workerOffsets.keepsAll
    ? undefined // the worker has no topic, and connectors have none either
    : offsetPlaceOf({ worker, connector: connectorConfig, producer: properties, exactlyOnce })
  const own = place?.own ? await ownOffsets(place.topic) : undefined
  const transactional = exactlyOnce && place ? await loadTransactional() : undefined
  const copies = own && createOffsetCopies((offsets) => workerOffsets.write(id.connector, offsets), logger)
  const groups = isOn(worker['topic.creation.enable']) ? topicCreationGroups(connectorConfig) : undefined
  const task = await options.createTask({
    offsets: (partitions) => storedOffsets(id.connector, partitions, workerOffsets, own),
    ...(requests && { transactionContext: requests }),
  })
  const sending = ({ output, signal, ending, wake }: DeliveryStart) => ({
    ...options,
    task,
    topicCreation: groups && createTopicCreation({ groups, admin: openAdmin(output), clock, logger }),
    onTopic: (topic: string) => options.events.topic(topic),
    onFailure: wake,
    signal,
    ending,
  })

  function openDelivery(start: DeliveryStart): SourceDelivery {
    const delivery = transactional && place ? openExactlyOnce(start, place, transactional) : openAtLeastOnce(start)
    if (!own) return delivery
    return {
      ...delivery,
      async open() {
        await delivery.open()
        try {
          await own.start(start.ending)
        } catch (error) {
          if (!start.ending.aborted) throw error
        }
      },
      async [Symbol.asyncDispose]() {
        await Promise.all([delivery[Symbol.asyncDispose](), own[Symbol.asyncDispose]()])
      },
    }
  }

  function openExactlyOnce(
    start: DeliveryStart,
    { topic }: OffsetPlace,
    { createExactlyOnceDelivery, openTransactions }: Awaited<ReturnType<typeof loadTransactional>>,
  ): SourceDelivery {
    return createExactlyOnceDelivery({
      ...sending(start),
      ...{ name: taskName(id), connector: id.connector, wake: start.wake, offsetsTopic: topic, copies },
      transactions: openTransactions(clientUntil(client, start.output, retrying), {
        id,
        worker,
        properties,
        slabs,
        logger,
      }),
      boundary: boundaryFor(connectorConfig, requests, options.flushIntervalMs),
      ensureCurrent: options.ensureCurrent,
      abortWithinMs: flushTimeoutMs,
    })
  }

  function openAtLeastOnce(start: DeliveryStart): SourceDelivery {
    const producer = createProducer(clientUntil(client, start.output, retrying), {
      ...{ acks: -1, idempotent: true, deliveryTimeoutMs: forEverMs, slabs },
      // I4: without tolerance the task fails, and sends everything again from what was refused.
      stopsAtFailure: errorSettings(connectorConfig).tolerance === 'none',
      ...producerSettings(properties),
    })
    const writeOffsets = withCopies(writing(producer), copies)
    return createAtLeastOnceDelivery({ ...sending(start), producer, writeOffsets })
  }

  function writing(producer: Producer): WriteOffsets {
    // The worker's topic is on its own cluster, wherever this producer writes to.
    if (!place || !(place.own || place.sameCluster)) {
      return (offsets) => workerOffsets.write(id.connector, offsets)
    }
    return async (offsets) => {
      const records = offsets.map((entry) => encodeOffsetRecord({ connector: id.connector, ...entry }))
      await producer.produce(place.topic, records.map(toBytes))
    }
  }

  async function ownOffsets(topic: string): Promise<OwnOffsets> {
    const { openOwnOffsets } = await import('#server/runtime/pool/own-offsets.ts')
    return openOwnOffsets({ topic, worker, clients, clock, logger })
  }

  const openAdmin = (signal: AbortSignal) => createAdmin(clientUntil(clients.open('admin').client, signal))

  return createSourceRunner({ ...options, task, openDelivery })
}

/** Loaded with the first task that writes with transactions: a thread without any is smaller by that. */
async function loadTransactional() {
  const [{ createExactlyOnceDelivery }, { openTransactions }] = await Promise.all([
    import('#server/runtime/task/exactly-once.ts'),
    import('#server/runtime/pool/task-transactions.ts'),
  ])
  return { createExactlyOnceDelivery, openTransactions }
}

/** The own topic first, then the worker's (Kafka: `ConnectorOffsetBackingStore.get`). */
async function storedOffsets(
  connector: string,
  partitions: readonly OffsetMap[],
  workerOffsets: WorkerOffsets,
  own: OwnOffsets | undefined,
): Promise<(OffsetMap | null)[]> {
  const [workers, owned = []] = await Promise.all([
    workerOffsets.read(connector, [...partitions]),
    own?.read(connector, [...partitions]),
  ])
  return workers.map((offset, i) => owned[i] ?? offset) as (OffsetMap | null)[]
}

const boundaryOf = (config: Properties) => config['transaction.boundary']?.trim().toLowerCase() ?? 'poll'

function boundaryFor(
  config: Properties,
  requests: BoundaryRequests | undefined,
  flushIntervalMs: number,
): TransactionBoundary {
  if (requests) return boundaryByConnector(requests)
  if (boundaryOf(config) !== 'interval') return boundaryAtPolls()
  return boundaryAtIntervals(Number(config['transaction.boundary.interval.ms'] ?? flushIntervalMs))
}

/** A worker's property that is true unless it says otherwise. */
const isOn = (text: string | undefined) => text?.trim().toLowerCase() !== 'false'

const toBytes = ({ key, value }: { key: string; value: string | null }) => ({
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
})
