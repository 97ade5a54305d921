import type { BrokerState } from '#server/broker/broker-state.ts'
import { errorAnswer } from '#server/broker/error-answer.ts'
import type { Handler } from '#server/broker/handlers/handler.ts'
import { checkLeaderEpoch, logOf, topicOf } from '#server/broker/handlers/partitions.ts'
import type { PartitionLog } from '#server/broker/log/partition-log.ts'
import type { RequestOf } from '#server/protocol/codec.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** Kafka's special timestamps (ListOffsetsRequest). */
const asked = { latest: -1, earliest: -2, maxTimestamp: -3, earliestLocal: -4, latestTiered: -5 } as const

const readCommitted = 1

/** `upTo` is where what the asker may see ends. */
function find(log: PartitionLog, timestamp: number, upTo: number): { offset: number; timestamp: number } {
  const none = { offset: -1, timestamp: -1 }
  const visible = (found: { offset: number; timestamp: number } | undefined) =>
    found && found.offset < upTo ? found : none
  switch (timestamp) {
    case asked.latest:
      return { offset: upTo, timestamp: -1 }
    case asked.earliest:
    case asked.earliestLocal:
      return { offset: log.startOffset, timestamp: -1 }
    case asked.maxTimestamp:
      return visible(log.offsetOfMaxTimestamp())
    case asked.latestTiered:
      return none
    default:
      return visible(log.offsetForTime(timestamp))
  }
}

/** Each partition is answered by itself; one that is named twice is refused, once. */
export function listOffsets({ topics, logger }: BrokerState): Handler<'ListOffsets'> {
  return (request, { version }) => ({
    topics: oncePerPartition(request.topics).map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, timestamp, currentLeaderEpoch, repeated }) => {
        try {
          if (repeated) throw new KafkaError('INVALID_REQUEST')
          checkLeaderEpoch(currentLeaderEpoch)
          const log = logOf(topicOf(topics, { name }), partitionIndex)
          const upTo = request.isolationLevel === readCommitted ? log.lastStableOffset : log.endOffset
          const found = find(log, timestamp, upTo)
          const epoch = found.offset >= 0 && version >= 4 ? { leaderEpoch: 0 } : {}
          return { partitionIndex, errorCode: 0, ...found, ...epoch }
        } catch (error) {
          return { partitionIndex, errorCode: errorAnswer(error, logger).errorCode, offset: -1, timestamp: -1 }
        }
      }),
    })),
  })
}

function oncePerPartition(topics: RequestOf<'ListOffsets'>['topics']) {
  const asked = new Map<string, Map<number, (typeof topics)[number]['partitions'][number] & { repeated: boolean }>>()
  for (const { name, partitions } of topics) {
    const ofTopic = asked.get(name) ?? new Map()
    asked.set(name, ofTopic)
    for (const one of partitions) {
      ofTopic.set(one.partitionIndex, { ...one, repeated: ofTopic.has(one.partitionIndex) })
    }
  }
  return [...asked].map(([name, partitions]) => ({ name, partitions: [...partitions.values()] }))
}
