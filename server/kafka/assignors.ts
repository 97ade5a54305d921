import { assignCooperatively, type StickyMember } from '#server/kafka/cooperative-sticky-assignor.ts'
import { assignRanges } from '#server/kafka/range-assignor.ts'
import {
  decodeConsumerSubscription,
  encodeConsumerSubscription,
  type TopicPartitions,
} from '#server/protocol/consumer-bytes.ts'

/** How the members of a consumer group divide partitions, with what each says for it (`partition.assignment.strategy`). */
interface Assignor {
  /** Whether members keep what stays theirs through a rebalance (KIP-429), or put everything down before it. */
  readonly cooperative: boolean
  /** What a member says of itself; a generation of -1 stands for a member that is not in the group. */
  subscription(topics: readonly string[], owned: readonly TopicPartitions[], generation: number): Buffer
  assign(
    members: readonly { memberId: string; metadata: Buffer }[],
    partitionCounts: ReadonlyMap<string, number>,
  ): Map<string, TopicPartitions[]>
}

const range: Assignor = {
  cooperative: false,
  subscription: (topics) =>
    encodeConsumerSubscription({ topics: [...topics], userData: null, ownedPartitions: [], generationId: -1 }),
  assign: (members, partitionCounts) =>
    assignRanges(
      members.map(({ memberId, metadata }) => ({ memberId, topics: decodeConsumerSubscription(metadata).topics })),
      partitionCounts,
    ),
}

const cooperativeSticky: Assignor = {
  cooperative: true,
  // The generation stands in the user data too: before Kafka 3.2 it has no field of its own (KIP-792).
  subscription: (topics, owned, generationId) =>
    encodeConsumerSubscription({
      topics: [...topics],
      userData: int32(generationId),
      ownedPartitions: [...owned],
      generationId,
    }),
  assign: (members, partitionCounts) => assignCooperatively(members.map(stickyMember), partitionCounts),
}

/** By the names that members vote with. */
export const assignors = { range, 'cooperative-sticky': cooperativeSticky } as const satisfies Record<string, Assignor>

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function stickyMember({ memberId, metadata }: { memberId: string; metadata: Buffer }): StickyMember {
  const { topics, userData, ownedPartitions, generationId } = decodeConsumerSubscription(metadata)
  const inUserData = userData?.length === 4 ? Buffer.from(userData).readInt32BE(0) : -1
  return { memberId, topics, owned: ownedPartitions, generation: generationId >= 0 ? generationId : inUserData }
}
