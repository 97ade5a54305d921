import type { Clock } from '#server/contract/clock.ts'
import type { ConnectorConfig, ConnectorLogLevel, TargetState } from '#server/contract/connector.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { type ConfigChange, type ConfigState, createConfigFold } from '#server/core/config-fold.ts'
import {
  type ConfigRecord,
  decodeConfigRecord,
  encodeConfigRecord,
  type SessionKey,
  type TextRecord,
} from '#server/core/config-record.ts'
import type { RestartRequest } from '#server/core/restart-plan.ts'
import { createProducer, type Producer } from '#server/kafka/producer.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import { createFencedWriter } from '#server/runtime/fenced-writer.ts'
import {
  createTopicLog,
  type OnTopic,
  type ReadRecord,
  type TopicLogOptions,
  type TopicWriter,
} from '#server/runtime/topic-log.ts'

/** What the group agrees on, kept in the config topic (Kafka: `KafkaConfigBackingStore`). */
export interface ConfigStore extends AsyncDisposable {
  readonly state: ConfigState
  /** Resolves when everything was read; changes are told only from then on. */
  start(signal: AbortSignal): Promise<void>
  readToEnd(signal?: AbortSignal): Promise<void>
  /** I11: each write resolves when it is durable and was read back, so that who asks afterwards sees it. */
  putConnector(connector: string, config: ConnectorConfig, target?: TargetState): Promise<void>
  removeConnector(connector: string): Promise<void>
  putTasks(connector: string, tasks: readonly ConnectorConfig[]): Promise<void>
  putTarget(connector: string, target: TargetState): Promise<void>
  stopConnector(connector: string): Promise<void>
  putSessionKey(sessionKey: SessionKey): Promise<void>
  putRestart(connector: string, request: RestartRequest): Promise<void>
  putLogLevel(logger: string, level: string): Promise<void>
  /** What is logged of a connector for a while; null: what its loggers say. */
  putConnectorLogLevel(connector: string, set: ConnectorLogLevel | null): Promise<void>
  /** Asks for a worker to be emptied, since `askedAt`; null puts it back. */
  putDrain(worker: string, askedAt: number | null): Promise<void>
  /** The producers of all earlier tasks are fenced; so many may exist from now on (KIP-618). */
  putFencing(connector: string, tasks: number): Promise<void>
  /**
   * I11: from now on what an earlier leader still writes is refused, where leaders write with transactions. Called before
   * the state is read on which a write is based.
   */
  claim(): Promise<void>
  /** Somebody else leads: what `claim` took is his. */
  resign(): void
  /**
   * I11: gives up what is not yet durable; those writes reject. Called when this worker is no longer sure of its place in
   * the group, because somebody else may lead by now, and what he answered must not be undone by a late write.
   */
  abandonWrites(): void
}

const fencedMessage =
  'Failed to write to config topic; this may be due to a transient error and the request can be safely retried'

/** How long a write may take, the reading back included. */
const writeTimeoutMs = 30_000

export function createConfigStore(
  options: Omit<TopicLogOptions, 'onRecord' | 'setting' | 'holds' | 'producer'> & {
    clock: Clock
    /** Under which leaders write, one at a time; undefined: as everybody does. */
    leaderTransactionalId?: string | undefined
    onChange(change: ConfigChange, offset: number): void
  },
): ConfigStore & OnTopic {
  const { logger, clock } = options
  const fold = createConfigFold()
  let started = false
  const openProducer = () => createProducer(options.client, { acks: -1, idempotent: true })
  let producer = openProducer()
  const closingProducers = new Set<Promise<void>>()

  function closeProducer(old: Producer): void {
    const closing = Promise.resolve(old[Symbol.asyncDispose]()).finally(() => closingProducers.delete(closing))
    closingProducers.add(closing)
  }

  function abandonWrites(): void {
    log.abandonWrites()
    leaders.abandonWrites()
    fenced?.abandon()
    closeProducer(producer)
    producer = openProducer()
  }

  const log = createTopicLog({
    ...options,
    producer: {
      async produce(topic, records) {
        const own = producer
        await own.ready(topic)
        if (own !== producer) throw new Error('the write was given up while Kafka was away')
        return own.produce(topic, records)
      },
    },
    setting: 'config.storage.topic',
    holds: 'connector configurations',
    onRecord: take,
  })

  function take(record: ReadRecord): void {
    if (record.partition !== 0) return
    const decoded = decodeConfigRecord(record)
    if (decoded === 'malformed') {
      logger.error(`Skipped record ${record.offset} of the config topic: the value of ${record.key} cannot be read`)
    }
    const change = fold.apply(typeof decoded === 'string' ? undefined : decoded, record.offset)
    if (started && change.change !== 'nothing') options.onChange(change, record.offset)
  }

  const { leaderTransactionalId: transactionalId, client } = options
  const fenced =
    transactionalId === undefined
      ? undefined
      : createFencedWriter({ client, transactionalId, transactionTimeoutMs: writeTimeoutMs, logger })
  /** What only a leader writes. */
  const leaders = fenced ? log.writer(fenced) : log

  const write = (what: string, ...records: ConfigRecord[]) => writeBy(leaders, what, records)

  async function writeBy(writer: TopicWriter, what: string, records: readonly ConfigRecord[]): Promise<void> {
    const encoded = records.map(encodeConfigRecord)
    const finished = new AbortController()
    const late = clock.sleep(writeTimeoutMs, finished.signal).then(() => {
      if (finished.signal.aborted) return
      abandonWrites() // I11: what a caller was told has failed is not written later
      throw new Error(`no answer within ${writeTimeoutMs} ms`)
    })
    try {
      await Promise.race([writer.write(encoded), late])
    } catch (cause) {
      if (cause instanceof ConnectError) throw cause
      logger.error(`Error writing ${what} to Kafka: ${messageOf(cause)}`, { error: cause })
      if (cause instanceof KafkaError && cause.errorName === 'PRODUCER_FENCED') {
        throw new ConnectError('CONFIG_WRITE_FAILED', fencedMessage, { cause })
      }
      if (cause instanceof KafkaError && cause.errorName === 'MESSAGE_TOO_LARGE') {
        throw new ConnectError('CONFIG_TOO_LARGE', tooLarge(what, encoded), { cause })
      }
      throw new ConnectError('CONFIG_WRITE_FAILED', `Error writing ${what} to Kafka`, { cause })
    } finally {
      finished.abort()
    }
  }

  function tooLarge(what: string, encoded: readonly TextRecord[]): string {
    const bytes = Math.max(...encoded.map(({ value }) => Buffer.byteLength(value ?? '')))
    const topic = options.topic.name
    return `The ${what} takes ${bytes} bytes, which is more than max.message.bytes of topic ${topic} lets a record have`
  }

  /** One that somebody else creates meanwhile may have more as well. */
  function checkPartitions(count: number): void {
    if (count <= 1) return
    throw new ConnectError(
      'SETTING_INVALID',
      `Topic '${options.topic.name}' supplied via the 'config.storage.topic' property is required to have a single partition in order to guarantee consistency of connector configurations, but found ${count} partitions.`,
    )
  }

  return {
    state: fold.state,
    async check() {
      checkPartitions((await log.check())?.partitions.length ?? 1)
    },
    async start(signal) {
      await log.start(signal)
      checkPartitions((await options.client.topic(options.topic.name)).partitions.length)
      started = true
    },
    readToEnd: (signal) => log.readToEnd(signal),
    putConnector: (connector, config, target) =>
      write(
        'connector configuration',
        ...(target === undefined ? [] : [{ kind: 'target', connector, target } as const]),
        { kind: 'connector', connector, config },
      ),
    removeConnector: (connector) =>
      write(
        'connector configuration',
        { kind: 'connector', connector, config: null },
        { kind: 'target', connector, target: null },
      ),
    putTasks: (connector, tasks) =>
      write(
        'task configurations',
        ...tasks.map((config, task) => ({ kind: 'task', id: { connector, task }, config }) as const),
        { kind: 'commit', connector, tasks: tasks.length },
      ),
    // Any worker may say this one, the level of a logger and who takes work again, so nobody is fenced by them.
    putTarget: (connector, target) => writeBy(log, 'target state', [{ kind: 'target', connector, target }]),
    stopConnector: (connector) =>
      write('target state', { kind: 'commit', connector, tasks: 0 }, { kind: 'target', connector, target: 'STOPPED' }),
    putSessionKey: (sessionKey) => write('session key', { kind: 'session-key', sessionKey }),
    putRestart: (connector, request) => write('restart request', { kind: 'restart', connector, ...request }),
    putLogLevel: (logger, level) => writeBy(log, 'logger level', [{ kind: 'logger', logger, level }]),
    putConnectorLogLevel: (connector, set) =>
      writeBy(log, 'log level', [{ kind: 'connector-log-level', connector, set }]),
    putDrain: (worker, askedAt) => writeBy(log, 'drain', [{ kind: 'drain', worker, askedAt }]),
    putFencing: (connector, tasks) => write('task count record', { kind: 'fencing', connector, tasks }),
    async claim() {
      try {
        await fenced?.claim()
      } catch (cause) {
        logger.error(`The right to write the config topic could not be claimed: ${messageOf(cause)}`, { error: cause })
        throw new ConnectError('CONFIG_WRITE_FAILED', fencedMessage, { cause })
      }
    },
    resign: () => fenced?.abandon(),
    abandonWrites,
    async [Symbol.asyncDispose]() {
      closeProducer(producer)
      fenced?.abandon()
      await Promise.all([log[Symbol.asyncDispose](), fenced?.[Symbol.asyncDispose](), ...closingProducers])
    },
  }
}
