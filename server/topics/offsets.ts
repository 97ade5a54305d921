import { messageOf } from '#server/contract/errors.ts'
import { byTopic, type TopicPartition, type TopicPartitionOffset } from '#server/kafka/admin.ts'
import type { KafkaClient } from '#server/kafka/client.ts'

export interface LedPartition extends TopicPartition {
  /** The broker to ask; -1 while there is none. */
  leader: number
}

export interface OffsetRange extends TopicPartition {
  start: number
  /** After the last record that a reader of committed records can have. */
  end: number
}

const earliest = -2
const latest = -1

/**
 * Where each partition begins and ends, in the order of partitions: two requests a broker, however many topics. A partition that cannot answer now
 * (no leader, a leader that is away) is left out; rejects when none can.
 */
export async function offsetRanges(client: KafkaClient, partitions: readonly LedPartition[]): Promise<OffsetRange[]> {
  const [starts, ends] = await Promise.all([
    offsetsAt(client, partitions, earliest),
    offsetsAt(client, partitions, latest),
  ])
  const endOf = new Map(ends.map((each) => [keyOf(each), each.offset]))
  return starts
    .flatMap(({ topic, partition, offset: start }) => {
      const end = endOf.get(keyOf({ topic, partition }))
      return end === undefined ? [] : [{ topic, partition, start, end }]
    })
    .sort((a, b) => a.partition - b.partition)
}

/** The first offset at or after a time in ms; -1 where no record is that new. Partitions that cannot answer are left out. */
export function offsetsAt(
  client: KafkaClient,
  partitions: readonly LedPartition[],
  timestamp: number,
): Promise<TopicPartitionOffset[]> {
  return askLeaders(partitions, async (broker, led) => {
    const topics = byTopic(led, ({ partition }) => ({ partitionIndex: partition, timestamp }))
    const answer = await client.call('ListOffsets', { replicaId: -1, isolationLevel: 1, topics }, { broker })
    return answer.topics.flatMap(({ name, partitions: answered }) =>
      answered.flatMap(({ partitionIndex, errorCode, offset }) => {
        if (errorCode === 0) return [{ topic: name, partition: partitionIndex, offset }]
        client.logger.debug(`No offset of ${name}-${partitionIndex}: Kafka answers error code ${errorCode}.`)
        return []
      }),
    )
  })

  async function askLeaders(
    wanted: readonly LedPartition[],
    ask: (broker: number, led: LedPartition[]) => Promise<TopicPartitionOffset[]>,
  ) {
    const byLeader = Map.groupBy(
      wanted.filter(({ leader }) => leader >= 0),
      ({ leader }) => leader,
    )
    const answers = await Promise.allSettled([...byLeader].map(([broker, led]) => ask(broker, led)))
    const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as unknown] : []))
    if (failures.length > 0 && failures.length === answers.length) throw failures[0]
    for (const failure of failures) client.logger.debug(`A broker does not tell its offsets: ${messageOf(failure)}`)
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  }
}

const keyOf = ({ topic, partition }: TopicPartition) => `${topic}-${partition}`
