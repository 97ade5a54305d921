import type { TaskId } from '#server/contract/connector.ts'
import { type DeadLetterSettings, deadLetterSettings, errorSettings } from '#server/core/error-policy.ts'
import { isolatePutOf } from '#server/core/put-isolation.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createProducer, type Producer } from '#server/kafka/producer.ts'
import { producerSettings } from '#server/kafka/producer-settings.ts'
import type { RecordMemory } from '#server/kafka/record-memory.ts'
import { createSinkConsumer } from '#server/kafka/sink-consumer.ts'
import type { SlabPool } from '#server/kafka/slab-pool.ts'
import { forEverMs, type TaskClients } from '#server/runtime/pool/task-clients.ts'
import { clientUntil } from '#server/runtime/task/client-until.ts'
import { createDeadLetters, ensureDeadLetterTopic } from '#server/runtime/task/dead-letters.ts'
import { createErrantRecords } from '#server/runtime/task/errant-records.ts'
import { createKafkaRetries } from '#server/runtime/task/kafka-retries.ts'
import { createRareWarnings } from '#server/runtime/task/rare-warnings.ts'
import { createSinkRunner, type SinkRunnerOptions } from '#server/runtime/task/sink-runner.ts'
import { subscriptionOf } from '#server/runtime/task/sink-subscription.ts'
import type { TaskRunner } from '#server/runtime/task/task-runner.ts'
import { createTolerance, type ToleranceOptions } from '#server/runtime/task/tolerance.ts'

type Properties = Readonly<Record<string, string>>

export interface OpenSinkOptions
  extends Omit<SinkRunnerOptions, 'tolerance' | 'deadLetters' | 'errant' | 'isolation' | 'openConsumer'> {
  id: TaskId
  connectorConfig: Properties
  worker: Properties
  clients: TaskClients
  slabs: SlabPool
  memory: RecordMemory
  /** What becomes of records that fail, but for the queue of those that are set aside. */
  errors: Omit<ToleranceOptions, 'deadLetters'>
  /** Takes resolved secrets out of a text that leaves the thread (S-09). */
  clean: (text: string) => string
}

/** Makes a sink task: its plugin's part, its consumer, and where its dead letters go. */
export async function openSink(options: OpenSinkOptions): Promise<TaskRunner> {
  const { id, connectorConfig, clients, during, errors } = options
  const retrying = createKafkaRetries(options.progress, createRareWarnings(options))

  /** I7: once the signal aborts nothing goes out through it any more. */
  function openProducer(signal: AbortSignal): Producer {
    const { client, properties } = clients.open('producer')
    return createProducer(clientUntil(client, signal, retrying), {
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

  /** What dead letters are written with. */
  async function openDeadLetterQueue(settings: DeadLetterSettings, signal: AbortSignal): Promise<Producer> {
    await during('making the dead letter queue of', () => ensureDeadLetterTopic(openAdmin(signal), settings))
    return openProducer(signal)
  }

  const subscription = subscriptionOf(id, connectorConfig, options.worker)
  const ended = new AbortController()
  const settings = deadLetterSettings(connectorConfig)
  const producer = settings && (await openDeadLetterQueue(settings, ended.signal))
  const deadLetters = producer && settings && createDeadLetters({ ...options, task: id, settings, producer })
  const tolerance = createTolerance({ ...errors, deadLetters })
  const reports = deadLetters !== undefined || errorSettings(connectorConfig).log
  const errant = createErrantRecords(tolerance, options.converters)
  const isolate = isolatePutOf(connectorConfig, options.worker)
  const { client } = clients.open('consumer')
  const runner = await during('creating', () =>
    createSinkRunner({
      ...options,
      tolerance,
      deadLetters,
      errant: reports ? errant : undefined,
      isolation: isolate && { ...isolate, report: errant.report },
      openConsumer: (hooks) => createSinkConsumer(client, { ...subscription, memory: options.memory, hooks }),
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
