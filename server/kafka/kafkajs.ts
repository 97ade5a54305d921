import { type IHeaders, Kafka, type LogEntry, logLevel, Partitioners } from 'kafkajs'
import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { Security } from '#server/kafka/client-settings.ts'
import { stopIdleTimers } from '#server/kafka/kafkajs-idle-timer.ts'
import { kafkaJsSecurity } from '#server/kafka/kafkajs-security.ts'
import { createKeptClient } from '#server/kafka/kept-client.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'
import { KafkaError, type KafkaErrorName } from '#server/protocol/kafka-errors.ts'

export interface KafkaJsRecord {
  topic: string
  /** Without one, the partition of the key as Kafka's own producer chooses it, or any when there is no key. */
  partition?: number
  key: string | null
  value: string | null
  /** Those of one name stand together, in their order. */
  headers: readonly { name: string; value: string }[]
}

/** A topic as kafkajs lists it; -1 stands for a leader that is missing. */
export interface ListedTopic {
  name: string
  partitions: { partition: number; leader: number }[]
}

/**
 * What the console asks of kafkajs. Every call ends within `deadlineMs` and rejects with KafkaError, NETWORK_EXCEPTION when
 * Kafka cannot be reached; no call creates a topic.
 */
export interface KafkaJs extends AsyncDisposable {
  /** All topics. Rejects with LEADER_NOT_AVAILABLE when any partition of the cluster has no leader. */
  topics(): Promise<ListedTopic[]>
  /** Resolves when all in-sync replicas have the record. */
  send(record: KafkaJsRecord): Promise<{ partition: number; offset: string }>
}

export interface KafkaJsOptions {
  bootstrapServers: readonly string[]
  clientId: string
  security?: Security
  clock: Clock
  logger: Logger
  deadlineMs: number
}

const retry = { retries: 2, initialRetryTime: 100, maxRetryTime: 1_000 }

export function createKafkaJs(options: KafkaJsOptions): KafkaJs {
  stopIdleTimers()
  const { clock, logger, deadlineMs } = options
  const kafka = new Kafka({
    brokers: [...options.bootstrapServers],
    clientId: options.clientId,
    ...kafkaJsSecurity(options.security ?? {}, clock),
    // Its own default, ten seconds, would renew a short login with every request.
    reauthenticationThreshold: 1_000,
    connectionTimeout: Math.min(5_000, deadlineMs),
    requestTimeout: deadlineMs,
    retry,
    logLevel: logLevel.WARN,
    // What goes wrong reaches the caller as an error; kafkajs would print it as well, on stdout.
    logCreator: () => (entry: LogEntry) => logger.debug(`kafkajs: ${entry.log.message}`),
  })
  const common = { clock, logger, deadlineMs, asError }

  const admin = createKeptClient({ ...common, create: () => kafka.admin({ retry }) })
  const producer = createKeptClient({
    ...common,
    // Idempotent: a record that is sent again because its answer was lost stands in the topic once.
    create: () =>
      kafka.producer({
        allowAutoTopicCreation: false,
        createPartitioner: Partitioners.DefaultPartitioner,
        idempotent: true,
        maxInFlightRequests: 1,
        retry,
      }),
  })

  const sendOnce = ({ topic, partition, key, value, headers }: KafkaJsRecord) =>
    producer.use(async (connected) => {
      const where = partition === undefined ? {} : { partition }
      const message = { key, value, headers: headersOf(headers), timestamp: `${clock.now()}`, ...where }
      const [stored] = await connected.send({ topic, acks: -1, messages: [message] })
      if (stored?.baseOffset === undefined) throw new KafkaError('UNKNOWN_SERVER_ERROR', `no offset for ${topic}`)
      return { partition: stored.partition, offset: stored.baseOffset }
    })

  return {
    topics: () =>
      admin.use(async (connected) => {
        const { topics } = await connected.fetchTopicMetadata()
        return topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionId, leader }) => ({ partition: partitionId, leader })),
        }))
      }),
    async send(record) {
      try {
        return await sendOnce(record)
      } catch (error) {
        if (!(error instanceof KafkaError && error.errorName === 'UNKNOWN_TOPIC_OR_PARTITION')) throw error
        // A topic that this producer wrote to earlier may be the one that is gone; a new producer asks for this one alone.
        return sendOnce(record)
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([admin[Symbol.asyncDispose](), producer[Symbol.asyncDispose]()])
    },
  }
}

function headersOf(headers: KafkaJsRecord['headers']): IHeaders {
  // Without a prototype: a header may be called `__proto__`.
  const byName: Record<string, string[]> = Object.create(null)
  for (const { name, value } of headers) byName[name] = [...(byName[name] ?? []), value]
  return byName
}

/**
 * Kafka's own name stands somewhere down the causes. An error without one is a connection that failed, which kafkajs puts
 * in a dozen ways (no answer from any broker even as a TypeError).
 */
function asError(error: unknown): KafkaError {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each instanceof KafkaError) return each
    const type = 'type' in each ? each.type : undefined
    if (typeof type === 'string' && isErrorName(type)) return new KafkaError(type, each.message, { cause: error })
  }
  return new KafkaError('NETWORK_EXCEPTION', messageOf(error), { cause: error })
}

const isErrorName = (type: string): type is KafkaErrorName => Object.hasOwn(kafkaErrors, type)
