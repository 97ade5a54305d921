import { ConnectError } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { Admin } from '#server/kafka/admin.ts'
import { KafkaError, type KafkaErrorName } from '#server/protocol/kafka-errors.ts'
import type { InternalTopic } from '#server/runtime/worker-config.ts'

/**
 * Creates an internal topic as Kafka Connect does, unless somebody was faster: false then. Throws SETTING_INVALID, with the
 * properties to change, when Kafka refuses it.
 */
export async function createInternalTopic(options: {
  admin: Pick<Admin, 'createTopics'>
  topic: InternalTopic
  /** The setting that names it. */
  setting: string
  logger: Logger
}): Promise<boolean> {
  const { admin, topic, setting, logger } = options
  const { name, partitions, replicationFactor, settings } = topic
  const config = { ...settings, 'cleanup.policy': 'compact' }
  try {
    const created = await admin.createTopics([{ name, partitions, replicationFactor, config }])
    if (created.length > 0) logger.info(`Created topic ${name}`)
    return created.length > 0
  } catch (error) {
    if (!(error instanceof KafkaError) || error.retriable) throw error
    throw new ConnectError('SETTING_INVALID', whyNot(topic, setting, error), { cause: error })
  }
}

/** What Kafka refused, and what to do. */
export function whyNot(topic: InternalTopic, setting: string, { errorName, message }: KafkaError): string {
  // A connector names its topic by a key of its own, and the worker's properties say how it is made.
  const prefix = setting.replace(/^offsets\./, 'offset.').replace(/topic$/, '')
  const advice: Partial<Record<KafkaErrorName, string>> = {
    INVALID_REPLICATION_FACTOR: `Set '${prefix}replication.factor', which is ${topic.replicationFactor}, to a number of brokers that there are, or start more of them.`,
    INVALID_PARTITIONS: `Set '${prefix}partitions', which is ${topic.partitions}, to a number that Kafka takes.`,
    INVALID_TOPIC_EXCEPTION: `Give '${setting}' a name that Kafka takes.`,
    INVALID_CONFIG: `Correct what is set under '${prefix}': ${Object.keys(topic.settings).join(', ')}.`,
  }
  const otherwise = 'Let this worker create it, or create it beforehand with cleanup.policy=compact.'
  return `Topic '${topic.name}' of the '${setting}' property cannot be created. Kafka says ${message.replace(/\.?$/, '.')} ${advice[errorName] ?? otherwise}`
}
