import type { Group } from '#server/broker/groups/group.ts'
import type { CommittedOffset } from '#server/broker/groups/offsets-format.ts'
import { subscriptionOf } from '#server/broker/groups/subscription-of.ts'

/**
 * The offsets whose time is over (Kafka: OffsetExpirationCondition, KIP-211): at the time that their client said, else when
 * `retentionMs` have passed
 *  - from the moment that the last member left, for a group that has had members;
 *  - from its commit, for an offset that was committed without a group, or of a topic that no member of a settled
 *    `consumer` group asks for any more.
 * Every other group with members keeps all it has.
 */
export function expiredOffsets(
  offsets: ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>>,
  group: Group | undefined,
  now: number,
  retentionMs: number,
): { topic: string; partition: number }[] {
  const since = timeOf(group)
  if (!since) return []
  const subscription = subscriptionOf(group)
  return [...offsets].flatMap(([topic, partitions]) =>
    subscription.includes(topic)
      ? []
      : [...partitions]
          .filter(([, committed]) => now >= (committed.expiresAt ?? since(committed) + retentionMs))
          .map(([partition]) => ({ topic, partition })),
  )
}

function timeOf(group: Group | undefined): ((committed: CommittedOffset) => number) | undefined {
  const ofCommit = ({ timestamp }: CommittedOffset) => timestamp
  if (!group || group.protocolType === null) return ofCommit
  const { emptySince } = group
  if (emptySince !== undefined) return () => emptySince
  return group.protocolType === 'consumer' && group.state === 'Stable' ? ofCommit : undefined
}
