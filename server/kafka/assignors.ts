import type { AssignorName } from '#server/contract/assignment-strategies.ts'
import { assignRanges } from '#server/kafka/range-assignor.ts'
import { assignRoundRobin } from '#server/kafka/round-robin-assignor.ts'
import { assignCooperatively, assignSticky } from '#server/kafka/sticky-assignor.ts'
import {
  type ConsumerSubscription,
  decodeConsumerSubscription,
  decodeStickyUserData,
  encodeConsumerSubscription,
  encodeStickyUserData,
  type TopicPartitions,
} from '#server/protocol/consumer-bytes.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'

/** What a member knows of its own places when it joins. */
export interface Holdings {
  /** What it goes on holding through the rebalance. */
  owned: readonly TopicPartitions[]
  /** -1 stands for a member that is not in the group. */
  generation: number
  /** What it was assigned last, and in which generation; put down or not. */
  last: { partitions: readonly TopicPartitions[]; generation: number } | undefined
  /** Where it is (`client.rack`). */
  rack?: string | undefined
}

/** One of the others, as the leader of the group hears of it. */
export interface GroupedMember {
  memberId: string
  groupInstanceId: string | null
  metadata: Buffer
}

/** How the members of a consumer group divide partitions, with what each says for it (`partition.assignment.strategy`). */
interface Assignor {
  /** Whether members can keep what stays theirs through a rebalance (KIP-429). */
  readonly cooperative: boolean
  /** What goes along with a member's subscription. */
  userData(holdings: Holdings): Uint8Array | null
  assign(
    members: readonly Subscribed[],
    partitionCounts: ReadonlyMap<string, number>,
  ): ReadonlyMap<string, TopicPartitions[]>
}

type Subscribed = ConsumerSubscription & { memberId: string }

/** By the names that members vote with. */
export const assignors: Readonly<Record<AssignorName, Assignor>> = {
  range: { cooperative: false, userData: () => null, assign: assignRanges },
  roundrobin: { cooperative: false, userData: () => null, assign: assignRoundRobin },
  sticky: {
    cooperative: false,
    userData: ({ last }) =>
      last ? encodeStickyUserData({ partitions: [...last.partitions], generation: last.generation }) : null,
    assign: (members, counts) => assignSticky(members.map(rememberingMember), counts),
  },
  'cooperative-sticky': {
    cooperative: true,
    // The generation stands in the user data too: before Kafka 3.2 it has no field of its own (KIP-792).
    userData: ({ generation }) => int32(generation),
    assign: (members, counts) => assignCooperatively(members.map(holdingMember), counts),
  },
}

/** What a member says of itself to vote for an assignor. */
export function subscriptionFor(name: AssignorName, topics: readonly string[], holdings: Holdings): Buffer {
  return encodeConsumerSubscription({
    topics: [...topics],
    userData: assignors[name].userData(holdings),
    ownedPartitions: [...holdings.owned],
    generationId: holdings.generation,
    rackId: holdings.rack || null,
  })
}

/** Static members come first, by the names that they keep over restarts (Kafka: `AbstractPartitionAssignor.MemberInfo`). */
export function assignBy(
  name: AssignorName,
  members: readonly GroupedMember[],
  partitionCounts: ReadonlyMap<string, number>,
): ReadonlyMap<string, TopicPartitions[]> {
  const subscribed = [...members]
    .sort(byName)
    .map(({ memberId, metadata }) => ({ memberId, ...decodeConsumerSubscription(metadata) }))
  return assignors[name].assign(subscribed, partitionCounts)
}

function byName(a: GroupedMember, b: GroupedMember): number {
  const [left, right] = [a.groupInstanceId, b.groupInstanceId]
  if (left !== null && right !== null) return left < right ? -1 : 1
  if (left !== null || right !== null) return left !== null ? -1 : 1
  return a.memberId < b.memberId ? -1 : 1
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function holdingMember({ memberId, topics, userData, ownedPartitions, generationId }: Subscribed) {
  const inUserData = userData?.length === 4 ? Buffer.from(userData).readInt32BE(0) : -1
  return { memberId, topics, owned: ownedPartitions, generation: generationId >= 0 ? generationId : inUserData }
}

/** What an eager member claims stands in its user data: it holds nothing any more. */
function rememberingMember({ memberId, topics, userData }: Subscribed) {
  const { partitions, generation } = remembered(userData)
  return { memberId, topics, owned: partitions, generation }
}

/** Bytes that nobody can read are a member without a memory (Kafka: `StickyAssignor.memberData`). */
function remembered(userData: Uint8Array | null) {
  try {
    if (userData && userData.length > 0) return decodeStickyUserData(userData)
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
  }
  return { partitions: [], generation: -1 }
}
