import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import { groupFor, type TopicCreationGroup } from '#server/core/topic-creation.ts'
import type { Admin, NewTopic } from '#server/kafka/admin.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** Makes the topics of a source task with the settings of its connector (KIP-158). */
export interface TopicCreation {
  /**
   * Resolves when the topic is there, as the first group that matches says, or as it was; waits as long as Kafka is away,
   * until the signal aborts. Rejects when Kafka refuses to make it.
   */
  ensure(topic: string, signal: AbortSignal): Promise<void>
}

export function createTopicCreation(options: {
  groups: readonly TopicCreationGroup[]
  admin: Pick<Admin, 'createTopics' | 'describeTopics'>
  clock: Clock
  logger: Logger
}): TopicCreation {
  const { groups, admin, clock, logger } = options

  async function ensure(topic: string) {
    const [existing] = await admin.describeTopics([topic])
    if (existing) return
    const { name: group, partitions, replicationFactor, config } = groupFor(groups, topic)
    const wanted = { name: topic, partitions, replicationFactor, config }
    const created = await admin.createTopics([wanted])
    if (created.includes(topic)) logger.info(`Created topic '${described(wanted)}' using creation group ${group}`)
    else logger.info(`Found existing topic '${topic}'`)
  }

  return {
    async ensure(topic, signal) {
      for (let failures = 0; ; failures++) {
        try {
          return await ensure(topic)
        } catch (error) {
          // I10: what is away comes back; each attempt has waited for it.
          if (error instanceof KafkaError && error.retriable && !signal.aborted) {
            logger.warn(`Topic '${topic}' could not be looked up or made, and is tried again: ${error.message}`, {
              error,
            })
            await clock.sleep(backOffMs(failures, clock.random()), signal)
            continue
          }
          throw refused(groups, topic, error)
        }
      }
    },
  }
}

function refused(groups: readonly TopicCreationGroup[], topic: string, cause: unknown): Error {
  const wanted = described({ ...groupFor(groups, topic), name: topic })
  const advice = 'Ensure that the task is authorized to create topics or that the topic exists and restart the task'
  return new Error(`Task failed to create new topic ${wanted}. ${advice}`, { cause })
}

/** In the words of Kafka's `NewTopic`. */
function described({ name, partitions, replicationFactor, config = {} }: NewTopic): string {
  const configs = Object.entries(config).map(([key, value]) => `${key}=${value}`)
  const counts = `numPartitions=${partitions}, replicationFactor=${replicationFactor}`
  return `(name=${name}, ${counts}, replicasAssignments=null, configs={${configs.join(', ')}})`
}
