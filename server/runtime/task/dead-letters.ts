import type { Clock } from '#server/contract/clock.ts'
import type { TaskId } from '#server/contract/connector.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { DeadLetterSettings } from '#server/core/error-policy.ts'
import type { Admin } from '#server/kafka/admin.ts'
import type { Producer } from '#server/kafka/producer.ts'
import type { RecordMetric } from '#server/observe/task-recorder.ts'
import { contextHeaders, deadLetter, type Failure } from '#server/runtime/task/dead-letter.ts'
import type { ConsumedRecord } from '#server/runtime/task/record-at-hand.ts'

/** The dead letter queue of one sink task (KIP-298). Letters stand in it in the order in which they were written. */
export interface DeadLetters {
  /** Resolves when the letter is durable; rejects when Kafka refused it, and then `durable` and `room` tell so, too. */
  write(record: ConsumedRecord, failure: Failure): Promise<void>
  /**
   * I6: true when every letter is durable, false when that took longer than `withinMs` or the signal aborted. Throws when
   * Kafka refused one: what it was about is nowhere else, so its offset must not be committed.
   */
  durable(withinMs: number, signal: AbortSignal): Promise<boolean>
  /** I12: resolves when few enough letters are under way for more, or the signal aborts. Throws as `durable` does. */
  room(signal: AbortSignal): Promise<void>
}

const mostUnderWay = 1_000
const longestMs = 2 ** 31 - 1

export function createDeadLetters(options: {
  task: TaskId
  settings: DeadLetterSettings
  producer: Producer
  /** Takes out of an error's texts what must not leave the thread. */
  clean: (text: string) => string
  record: RecordMetric
  clock: Clock
  logger: Logger
}): DeadLetters {
  const { task, producer, record, clock, logger } = options
  const { topic, contextHeaders: explains } = options.settings
  const underWay = new Set<Promise<void>>()
  let refusal: Error | undefined

  async function deliver(consumed: ConsumedRecord, failure: Failure) {
    record('deadletterqueue-produce-requests', 1)
    try {
      const context = explains ? contextHeaders(task, consumed, failure, options.clean) : []
      await producer.produce(topic, [deadLetter(consumed, context)])
    } catch (cause) {
      record('deadletterqueue-produce-failures', 1)
      const message = `Could not produce message to dead letter queue. topic=${topic}`
      logger.error(`${message}: ${messageOf(cause)}`, { error: cause })
      refusal ??= new Error(message, { cause })
      throw refusal
    }
  }

  /** Whether everything was settled in time. */
  async function settled(withinMs: number, signal: AbortSignal): Promise<boolean> {
    const over = new AbortController()
    const late = clock.sleep(withinMs, AbortSignal.any([over.signal, signal])).then(() => false)
    const inTime = await Promise.race([Promise.all(underWay).then(() => true), late])
    over.abort()
    if (refusal) throw refusal
    return inTime
  }

  return {
    write(consumed, failure) {
      const delivery = deliver(consumed, failure)
      const tracked = delivery
        .catch(() => undefined) // `refusal` says so
        .finally(() => underWay.delete(tracked))
      underWay.add(tracked)
      return delivery
    },
    durable: settled,
    async room(signal) {
      if (refusal) throw refusal
      if (underWay.size > mostUnderWay) await settled(longestMs, signal)
    },
  }
}

/** Makes the topic when it is missing: one partition, or what somebody else made of it (Kafka: `createAndSetup`). */
export async function ensureDeadLetterTopic(
  admin: Pick<Admin, 'createTopics' | 'describeTopics'>,
  { topic, replicationFactor }: DeadLetterSettings,
): Promise<void> {
  try {
    const [existing] = await admin.describeTopics([topic])
    if (!existing) await admin.createTopics([{ name: topic, partitions: 1, replicationFactor }])
  } catch (cause) {
    throw new Error(`Could not initialize dead letter queue with topic=${topic}`, { cause })
  }
}
