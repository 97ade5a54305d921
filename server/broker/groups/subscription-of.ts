import type { Group } from '#server/broker/groups/group.ts'
import { metadataOf } from '#server/broker/groups/group-member-state.ts'
import { decodeConsumerSubscription } from '#server/protocol/consumer-bytes.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'

/**
 * Which topics a group's members ask for (Kafka: isSubscribedToTopic). Only `consumer` groups say so; members whose words
 * cannot be read are taken to ask for every topic.
 */
export function subscriptionOf(group: Group | undefined): { includes(topic: string): boolean } {
  if (group?.protocolType !== 'consumer') return { includes: () => false }
  try {
    const topics = new Set(
      [...group.members.values()].flatMap((member) => {
        const chosen = group.protocol ?? member.protocols[0]?.name ?? ''
        return decodeConsumerSubscription(metadataOf(member, chosen)).topics
      }),
    )
    return { includes: (topic) => topics.has(topic) }
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    return { includes: () => true }
  }
}
