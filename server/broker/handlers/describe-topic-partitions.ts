import type { BrokerState } from '#server/broker/broker-state.ts'
import { codeOf } from '#server/broker/error-answer.ts'
import type { Handler } from '#server/broker/handlers/handler.ts'

/** `max.request.partition.size.limit` */
const maxPartitions = 2000

/** Topics and their partitions in the order of their names, a page at a time (KIP-966). */
export function describeTopicPartitions({ topics, nodeId }: BrokerState): Handler<'DescribeTopicPartitions'> {
  function describe(name: string, from: number, room: number) {
    const topic = topics.byName(name)
    if (!topic) return { errorCode: codeOf('UNKNOWN_TOPIC_OR_PARTITION'), name, partitions: [] }
    const { id: topicId, internal: isInternal } = topic
    const partitions = topic.partitions.slice(from, from + room).map((_, at) => ({
      errorCode: 0,
      partitionIndex: from + at,
      leaderId: nodeId,
      leaderEpoch: 0,
      replicaNodes: [nodeId],
      isrNodes: [nodeId],
      eligibleLeaderReplicas: [],
      lastKnownElr: [],
    }))
    return { errorCode: 0, name, topicId, isInternal, partitions }
  }

  return ({ topics: asked, responsePartitionLimit, cursor }) => {
    const names = asked.length > 0 ? asked.map(({ name }) => name) : topics.all().map(({ name }) => name)
    const wanted = [...new Set(names)].sort().filter((name) => !cursor || name >= cursor.topicName)
    let room = Math.min(responsePartitionLimit > 0 ? responsePartitionLimit : maxPartitions, maxPartitions)
    const described: ReturnType<typeof describe>[] = []
    for (const name of wanted) {
      const from = cursor?.topicName === name ? Math.max(0, cursor.partitionIndex) : 0
      if (room === 0) return { topics: described, nextCursor: { topicName: name, partitionIndex: from } }
      const topic = describe(name, from, room)
      described.push(topic)
      room -= topic.partitions.length
      const next = from + topic.partitions.length
      if (next < (topics.byName(name)?.partitions.length ?? 0)) {
        return { topics: described, nextCursor: { topicName: name, partitionIndex: next } }
      }
    }
    return { topics: described, nextCursor: null }
  }
}
