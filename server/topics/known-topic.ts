import { ConnectError } from '#server/contract/errors.ts'
import { withRetries } from '#server/kafka/back-off.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { topicNotFound } from '#server/topics/failures.ts'
import type { LedPartition } from '#server/topics/offsets.ts'

/** A topic as Kafka knows it at this moment. */
export interface KnownTopic {
  name: string
  /** Changes when a topic is deleted and created again. */
  id: string
  internal: boolean
  partitions: LedPartition[]
}

/** A connection that a restarted broker has closed is found out by using it, so one more try is worth it. */
const retryWithinMs = 2_000

/** Kafka: `Topic.validate`. */
const possibleName = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/

/** Fresh metadata; never creates the topic. Rejects with TOPIC_NOT_FOUND, or KafkaError when Kafka is away. */
export async function knownTopic(client: KafkaClient, name: string): Promise<KnownTopic> {
  const [found] = await knownTopics(client, [name])
  if (!found) throw topicNotFound(name)
  return found
}

/** The same of many at once; those that do not exist are left out, and so are names that no topic can have. */
export async function knownTopics(client: KafkaClient, names: readonly string[]): Promise<KnownTopic[]> {
  // For one of them Kafka's clients refuse the whole question.
  const possible = names.filter((name) => possibleName.test(name))
  if (possible.length === 0) return []
  const found = await withRetries(client.clock, { withinMs: retryWithinMs, delayMs: client.retryDelayMs }, () =>
    client.metadata(possible),
  )
  return found.map(({ name, id, internal, partitions }) => ({
    name,
    id,
    internal,
    partitions: partitions.map(({ partition, leader }) => ({ topic: name, partition, leader })),
  }))
}

/** The one partition that is asked for, or all. Throws BAD_REQUEST for a number that the topic does not have. */
export function choosePartitions(topic: KnownTopic, wanted: number | undefined): LedPartition[] {
  if (wanted === undefined) return topic.partitions
  const chosen = topic.partitions.filter(({ partition }) => partition === wanted)
  if (chosen.length > 0) return chosen
  const count = topic.partitions.length
  throw new ConnectError('BAD_REQUEST', `${topic.name} has no partition ${wanted}; it has ${count}, counted from 0.`)
}
