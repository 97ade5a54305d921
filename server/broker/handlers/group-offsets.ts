import type { BrokerState } from '#server/broker/broker-state.ts'
import { codeOf, errorAnswer } from '#server/broker/error-answer.ts'
import type { OffsetChange } from '#server/broker/groups/offset-store.ts'
import { subscriptionOf } from '#server/broker/groups/subscription-of.ts'
import type { Handlers } from '#server/broker/handlers/handler.ts'
import { logOf, topicOf } from '#server/broker/handlers/partitions.ts'
import { zeroUuid } from '#server/protocol/field-codec.ts'

/** Kafka: DEFAULT_RETENTION_TIME. */
const noRetention = -1

interface AskedTopic {
  name: string
  topicId: string
  partitionIndexes: readonly number[]
}

/** Committing, reading and removing the offsets of groups. */
export function groupOffsets(broker: BrokerState) {
  const { groups, topics, limits, clock, logger } = broker

  function storedOffsets(groupId: string, asked: readonly AskedTopic[] | null, requireStable: boolean) {
    const stored = groups.offsets.offsetsOf(groupId)
    const wanted =
      asked ??
      [...stored].map(([name, partitions]) => ({ name, topicId: zeroUuid, partitionIndexes: [...partitions.keys()] }))
    return wanted.map(({ name: givenName, topicId: givenId, partitionIndexes }) => {
      const topic = givenName === '' ? topics.byId(givenId) : topics.byName(givenName)
      const name = topic?.name ?? givenName
      const unknownId = givenName === '' && !topic
      return {
        name,
        topicId: topic?.id ?? givenId,
        partitions: partitionIndexes.map((partitionIndex) => {
          const undecided = requireStable && groups.offsets.isPending(groupId, name, partitionIndex)
          const found = undecided ? undefined : stored.get(name)?.get(partitionIndex)
          return {
            partitionIndex,
            committedOffset: found?.offset ?? -1,
            committedLeaderEpoch: found?.leaderEpoch ?? -1,
            metadata: found?.metadata ?? '',
            errorCode: codeOf(unknownId ? 'UNKNOWN_TOPIC_ID' : undecided ? 'UNSTABLE_OFFSET_COMMIT' : 'NONE'),
          }
        }),
      }
    })
  }

  return {
    OffsetCommit(request) {
      const member = {
        memberId: request.memberId,
        instanceId: request.groupInstanceId,
        generation: request.generationIdOrMemberEpoch,
      }
      // A group of offsets alone, without members, comes into being with its first commit.
      const group = member.generation < 0 ? groups.findOrCreate(request.groupId) : groups.find(request.groupId)
      const now = clock.now()
      const refused = group ? group.mayCommit(member, clock.monotonic()) : 'ILLEGAL_GENERATION'
      const changes: OffsetChange[] = []

      function check(name: string, topicId: string, offset: (typeof request.topics)[number]['partitions'][number]) {
        if (refused !== 'NONE') return codeOf(refused)
        if ((offset.committedMetadata ?? '').length > limits.maxOffsetMetadataBytes)
          return codeOf('OFFSET_METADATA_TOO_LARGE')
        try {
          const topic = topicOf(topics, { name, topicId })
          logOf(topic, offset.partitionIndex)
          const committed = {
            offset: offset.committedOffset,
            leaderEpoch: offset.committedLeaderEpoch,
            metadata: offset.committedMetadata ?? '',
            timestamp: now,
            expiresAt: request.retentionTimeMs === noRetention ? undefined : now + request.retentionTimeMs,
          }
          changes.push({ topic: topic.name, partition: offset.partitionIndex, committed })
          return 0
        } catch (error) {
          return errorAnswer(error, logger).errorCode
        }
      }

      const answered = request.topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map((one) => ({
          partitionIndex: one.partitionIndex,
          errorCode: check(name, topicId, one),
        })),
      }))
      // I6: in the log before it is acknowledged.
      groups.offsets.commit(request.groupId, changes)
      return { topics: answered }
    },

    OffsetFetch(request, { version }) {
      if (version >= 8) {
        return {
          groups: request.groups.map(({ groupId, topics: asked }) => ({
            groupId,
            topics: storedOffsets(groupId, asked, request.requireStable),
            errorCode: 0,
          })),
        }
      }
      const asked = request.topics?.map((topic) => ({ ...topic, topicId: zeroUuid })) ?? null
      return {
        topics: storedOffsets(request.groupId, asked, request.requireStable).map(({ name, partitions }) => ({
          name,
          partitions,
        })),
      }
    },

    OffsetDelete(request) {
      const group = groups.find(request.groupId)
      const stored = groups.offsets.offsetsOf(request.groupId)
      if (!group && stored.size === 0) return { errorCode: codeOf('GROUP_ID_NOT_FOUND') }
      if (group && group.members.size > 0 && group.protocolType !== 'consumer') {
        return { errorCode: codeOf('NON_EMPTY_GROUP') }
      }
      const subscription = subscriptionOf(group)
      const changes: OffsetChange[] = []
      const answered = request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => {
          if (subscription.includes(name)) return { partitionIndex, errorCode: codeOf('GROUP_SUBSCRIBED_TO_TOPIC') }
          changes.push({ topic: name, partition: partitionIndex, committed: null })
          return { partitionIndex, errorCode: 0 }
        }),
      }))
      groups.offsets.commit(
        request.groupId,
        changes.filter(({ topic, partition }) => stored.get(topic)?.has(partition)),
      )
      return { errorCode: 0, topics: answered }
    },
  } satisfies Handlers
}
