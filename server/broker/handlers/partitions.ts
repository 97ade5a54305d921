import type { PartitionLog } from '#server/broker/log/partition-log.ts'
import type { Topic, Topics } from '#server/broker/topics/topics.ts'
import { zeroUuid } from '#server/protocol/field-codec.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** The topic that a request names, or addresses by id in newer versions. */
export function topicOf(topics: Topics, { name, topicId }: { name: string; topicId?: string }): Topic {
  const byId = topicId !== undefined && topicId !== zeroUuid
  const topic = byId ? topics.byId(topicId) : topics.byName(name)
  if (!topic) throw new KafkaError(byId ? 'UNKNOWN_TOPIC_ID' : 'UNKNOWN_TOPIC_OR_PARTITION')
  return topic
}

export function logOf(topic: Topic, partition: number): PartitionLog {
  const log = topic.partitions[partition]
  if (!log) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
  return log
}

/** A client may say which epoch of the leader it knows; a single node has only epoch 0. */
export function checkLeaderEpoch(known: number): void {
  if (known > 0) throw new KafkaError('UNKNOWN_LEADER_EPOCH')
}
