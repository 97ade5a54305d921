import type { TopicPartitions } from '#server/protocol/consumer-bytes.ts'

/**
 * Kafka's `range` assignor: topic by topic, the members subscribed to it get neighbouring partitions in the order in which
 * they are given, the first ones one more where it does not divide.
 *
 * @param partitionCounts partitions of each topic that exists
 */
export function assignRanges(
  members: readonly { memberId: string; topics: readonly string[] }[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicPartitions[]> {
  const assigned = new Map<string, TopicPartitions[]>(members.map(({ memberId }) => [memberId, []]))
  const topics = [...new Set(members.flatMap((member) => member.topics))].sort()
  for (const topic of topics) {
    const count = partitionCounts.get(topic) ?? 0
    const takers = members.filter((member) => member.topics.includes(topic)).map(({ memberId }) => memberId)
    const each = Math.floor(count / takers.length)
    const withOneMore = count % takers.length
    let next = 0
    takers.forEach((memberId, index) => {
      const size = each + (index < withOneMore ? 1 : 0)
      if (size === 0) return
      const partitions = Array.from({ length: size }, (_, n) => next + n)
      next += size
      assigned.get(memberId)?.push({ topic, partitions })
    })
  }
  return assigned
}
