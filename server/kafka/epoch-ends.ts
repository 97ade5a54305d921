import { byTopic, type TopicPartition } from '#server/kafka/admin.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** What was read last of a partition, and under which epoch its leader is known to lead now. */
export interface ReadUnder extends TopicPartition {
  lastEpoch: number
  leaderEpoch: number
}

/** Where a leader's log ends with records of `epoch`, the newest at or below the one that was asked for; or why it does not say. */
export type EpochEnd = TopicPartition & ({ epoch: number; endOffset: number } | { error: KafkaError })

const endless = Number.MAX_SAFE_INTEGER

/**
 * Asks a leader for the end of what was written in the epochs that were read last (KIP-320). A log that ends below the
 * reader's position has lost what was read, and goes on with other records. Of an epoch that the leader does not know at
 * all the end is OFFSET_OUT_OF_RANGE; a broker too old to be asked is believed to have everything.
 */
export async function epochEnds(client: KafkaClient, broker: number, read: readonly ReadUnder[]): Promise<EpochEnd[]> {
  const { version } = await client.connection({ broker })
  if (version('OffsetForLeaderEpoch') === undefined) {
    return read.map(({ topic, partition, lastEpoch }) => ({ topic, partition, epoch: lastEpoch, endOffset: endless }))
  }
  const topics = byTopic(read, ({ partition, lastEpoch, leaderEpoch }) => ({
    partition,
    currentLeaderEpoch: leaderEpoch,
    leaderEpoch: lastEpoch,
  })).map(({ name, partitions }) => ({ topic: name, partitions }))
  const answer = await client.call('OffsetForLeaderEpoch', { replicaId: -1, topics }, { broker })
  return answer.topics.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, errorCode, leaderEpoch: epoch, endOffset }) => {
      const where = `${topic}-${partition}`
      if (errorCode !== 0) return { topic, partition, error: KafkaError.of(errorCode, where) }
      if (endOffset >= 0) return { topic, partition, epoch, endOffset }
      const lost = `${where}: the leader knows nothing of what was read last`
      return { topic, partition, error: new KafkaError('OFFSET_OUT_OF_RANGE', lost) }
    }),
  )
}
