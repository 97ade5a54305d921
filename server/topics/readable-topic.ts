import { ConnectError } from '#server/contract/errors.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { choosePartitions, type KnownTopic, knownTopic } from '#server/topics/known-topic.ts'
import { type LedPartition, type OffsetRange, offsetRanges } from '#server/topics/offsets.ts'
import type { Session } from '#server/topics/session.ts'

export interface ReadableTopic {
  topic: KnownTopic
  /** Those that are read: the one that was asked for, or all. */
  partitions: LedPartition[]
  ranges: OffsetRange[]
}

/** A partition that was just created, or whose broker restarts, has a leader soon. */
const leadersWithinMs = 3_000
const tryEveryMs = 100

/**
 * A topic and where its partitions begin and end. Rejects with TOPIC_NOT_FOUND, BAD_REQUEST for a partition that it does not
 * have, KAFKA_UNAVAILABLE when one of them cannot be read: what is missing is said, not left out.
 */
export async function readableTopic(session: Session, name: string, wanted?: number): Promise<ReadableTopic> {
  const { client, signal } = session
  const deadline = client.clock.monotonic() + leadersWithinMs
  for (;;) {
    const topic = await knownTopic(client, name)
    const partitions = choosePartitions(topic, wanted)
    const ranges = await offsetRanges(client, partitions)
    const known = new Set(ranges.map(({ partition }) => partition))
    const missing = partitions.find(({ partition }) => !known.has(partition))
    if (!missing) return { topic, partitions, ranges }
    if (client.clock.monotonic() >= deadline) throw withoutLeader(missing)
    await client.clock.sleep(tryEveryMs, signal)
  }
}

/** Rejects with KAFKA_UNAVAILABLE when a partition of the topic has no leader, TOPIC_NOT_FOUND when it is gone. */
export async function requireLeaders(client: KafkaClient, name: string): Promise<void> {
  const lost = (await knownTopic(client, name)).partitions.find(({ leader }) => leader < 0)
  if (lost) throw withoutLeader(lost)
}

const withoutLeader = ({ topic, partition }: LedPartition) =>
  new ConnectError('KAFKA_UNAVAILABLE', `Partition ${partition} of ${topic} has no leader that answers now.`)
