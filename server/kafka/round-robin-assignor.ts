import type { TopicPartitions } from '#server/protocol/consumer-bytes.ts'

/**
 * Kafka's `roundrobin` assignor: all partitions of all topics, in order, are dealt out to the members one by one, in the
 * order in which the members are given; who did not subscribe to a topic is passed over.
 *
 * @param partitionCounts partitions of each topic that exists
 */
export function assignRoundRobin(
  members: readonly { memberId: string; topics: readonly string[] }[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicPartitions[]> {
  const assigned = new Map<string, TopicPartitions[]>(members.map(({ memberId }) => [memberId, []]))
  let turn = 0
  for (const topic of [...new Set(members.flatMap(({ topics }) => topics))].sort()) {
    for (let partition = 0; partition < (partitionCounts.get(topic) ?? 0); partition++) {
      while (!members[turn % members.length]?.topics.includes(topic)) turn++
      give(assigned.get(members[turn++ % members.length]?.memberId ?? ''), topic, partition)
    }
  }
  return assigned
}

function give(to: TopicPartitions[] | undefined, topic: string, partition: number): void {
  const last = to?.at(-1)
  if (last?.topic === topic) last.partitions.push(partition)
  else to?.push({ topic, partitions: [partition] })
}
