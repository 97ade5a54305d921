import { messageOf } from '#server/contract/errors.ts'
import type { TopicSummary } from '#server/contract/topics.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { kafkaFailureOf } from '#server/kafka/kafka-failure.ts'
import type { KafkaJs, ListedTopic } from '#server/kafka/kafkajs.ts'
import { offsetRanges } from '#server/topics/offsets.ts'

/** Kafka's own (Kafka: `Topic.INTERNAL_TOPICS`); a metadata answer marks the same ones. */
const internalTopics: ReadonlySet<string> = new Set([
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
])

/** All topics in the order of their names. A partition without a leader adds no records to its topic. */
export async function listTopics(kafkaJs: KafkaJs, client: KafkaClient): Promise<TopicSummary[]> {
  const topics = await listed(kafkaJs, client)
  const partitions = topics.flatMap(({ name, partitions }) => partitions.map((each) => ({ topic: name, ...each })))
  const records = new Map<string, number>()
  for (const { topic, start, end } of await offsetRanges(client, partitions)) {
    records.set(topic, (records.get(topic) ?? 0) + end - start)
  }
  return topics
    .map(({ name, partitions }) => ({
      name,
      partitions: partitions.length,
      internal: internalTopics.has(name),
      records: records.get(name) ?? 0,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function listed(kafkaJs: KafkaJs, client: KafkaClient): Promise<ListedTopic[]> {
  try {
    return await kafkaJs.topics()
  } catch (error) {
    const failure = kafkaFailureOf(error)
    if (!failure || failure.name === 'NETWORK_EXCEPTION') throw error
    // To kafkajs one partition without a leader spoils the list of all topics; our own client takes what is there.
    client.logger.debug(`kafkajs does not list the topics: ${messageOf(error)}`)
    return client.metadata()
  }
}
