import type { TaskId } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { defaultNumber, producerFields } from '#server/kafka/client-fields.ts'
import { type Properties, readDuration } from '#server/kafka/client-settings.ts'
import { producerSettings } from '#server/kafka/producer-settings.ts'
import type { SlabPool } from '#server/kafka/slab-pool.ts'
import { createTransactionalProducer, type TransactionalProducer } from '#server/kafka/transactional-producer.ts'

const timeoutKey = 'transaction.timeout.ms'

/** By it Kafka tells the instances of one task apart, and refuses all but the last (Kafka: `Worker.taskTransactionalId`). */
export const taskTransactionalId = (groupId: string, { connector, task }: TaskId): string =>
  `${groupId}-${connector}-${task}`

/** The producer of one task of an exactly-once source (Kafka: `Worker.exactlyOnceSourceTaskProducerConfigs`). */
export function openTransactions(
  client: KafkaClient,
  options: { id: TaskId; worker: Properties; properties: Properties; slabs: SlabPool; logger: Logger },
): TransactionalProducer {
  const { properties, logger } = options
  const transactionalId = taskTransactionalId(options.worker['group.id'] ?? '', options.id)
  for (const [key, must] of [
    ['transactional.id', transactionalId],
    ['enable.idempotence', 'true'],
  ] as const) {
    const given = properties[key]
    if (given === undefined || given === must) continue
    logger.warn(
      `The value '${given}' for the '${key}' property will be ignored as it is not compatible for connectors when exactly-once source support is enabled. The value '${must}' will be used instead.`,
    )
  }
  return createTransactionalProducer(client, {
    transactionalId,
    slabs: options.slabs,
    maxBlockMs: Number.POSITIVE_INFINITY,
    // What is overruled is not read either: `acks=1` beside `enable.idempotence=true`, say.
    ...producerSettings({ ...properties, acks: 'all', 'enable.idempotence': 'true' }),
    transactionTimeoutMs: readDuration(properties, timeoutKey, defaultNumber(producerFields[timeoutKey])),
  })
}
