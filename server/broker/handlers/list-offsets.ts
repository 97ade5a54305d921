import type { BrokerState } from '#server/broker/broker-state.ts'
import { errorAnswer } from '#server/broker/error-answer.ts'
import type { Handler } from '#server/broker/handlers/handler.ts'
import { checkLeaderEpoch, logOf, topicOf } from '#server/broker/handlers/partitions.ts'
import type { PartitionLog } from '#server/broker/log/partition-log.ts'

/** Kafka's special timestamps (ListOffsetsRequest). */
const asked = { latest: -1, earliest: -2, maxTimestamp: -3, earliestLocal: -4, latestTiered: -5 } as const

function find(log: PartitionLog, timestamp: number): { offset: number; timestamp: number } {
  const none = { offset: -1, timestamp: -1 }
  switch (timestamp) {
    case asked.latest:
      return { offset: log.endOffset, timestamp: -1 }
    case asked.earliest:
    case asked.earliestLocal:
      return { offset: log.startOffset, timestamp: -1 }
    case asked.maxTimestamp:
      return log.offsetOfMaxTimestamp() ?? none
    case asked.latestTiered:
      return none
    default:
      return log.offsetForTime(timestamp) ?? none
  }
}

export function listOffsets({ topics, logger }: BrokerState): Handler<'ListOffsets'> {
  return (request, { version }) => ({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, timestamp, currentLeaderEpoch }) => {
        try {
          checkLeaderEpoch(currentLeaderEpoch)
          const found = find(logOf(topicOf(topics, { name }), partitionIndex), timestamp)
          const epoch = found.offset >= 0 && version >= 4 ? { leaderEpoch: 0 } : {}
          return { partitionIndex, errorCode: 0, ...found, ...epoch }
        } catch (error) {
          return { partitionIndex, errorCode: errorAnswer(error, logger).errorCode, offset: -1, timestamp: -1 }
        }
      }),
    })),
  })
}
