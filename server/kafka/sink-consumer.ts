import { messageOf } from '#server/contract/errors.ts'
import { byTopic, createAdmin, type TopicPartition, type TopicPartitionOffset } from '#server/kafka/admin.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { createFetcher, type FetchedPartition, type FetcherOptions } from '#server/kafka/fetcher.ts'
import { createGroupMember } from '#server/kafka/group-member.ts'
import { assignRanges } from '#server/kafka/range-assignor.ts'
import {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
  encodeConsumerSubscription,
} from '#server/protocol/consumer-bytes.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** Told inside `poll`, one after the other; a hook that throws makes `poll` throw. */
export interface RebalanceHooks {
  /** New partitions, before their first record. */
  assigned(partitions: TopicPartition[]): Promise<void>
  /** Partitions that go elsewhere; commits still count. */
  revoked(partitions: TopicPartition[]): Promise<void>
  /** Partitions that are somebody else's already; nothing may be committed any more. */
  lost(partitions: TopicPartition[]): Promise<void>
}

export interface SinkConsumerOptions extends Omit<FetcherOptions, 'resetPolicy'> {
  groupId: string
  /** A name that this member keeps over restarts, so that its partitions wait for it (KIP-345); one member each. */
  groupInstanceId?: string
  /** Names, or a test for names (`topics.regex`). */
  subscribe: { topics: readonly string[] } | { matches: (topic: string) => boolean }
  hooks: RebalanceHooks
  resetPolicy?: FetcherOptions['resetPolicy']
  sessionTimeoutMs?: number
  heartbeatIntervalMs?: number
  /** The longest that work between two polls may take before the group goes on without this member. */
  rebalanceTimeoutMs?: number
  /** How often new topics and partitions are looked for. */
  metadataMaxAgeMs?: number
}

/**
 * A consumer of a group, for sinks: eager rebalancing with the `range` assignor, which every Kafka client offers, so that
 * tasks on JVM workers can be in the same group. A rebalance happens only inside `poll`, when nothing is being written.
 */
export interface SinkConsumer extends AsyncDisposable {
  poll(signal: AbortSignal, timeoutMs: number): Promise<FetchedPartition[]>
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  seek(partition: TopicPartition, offset: number): void
  assignment(): TopicPartition[]
  position(partition: TopicPartition): number | undefined
  /** Commits as this member of this generation: a zombie is refused (ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID). */
  commit(offsets: readonly TopicPartitionOffset[]): Promise<void>
  committed(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]>
}

const defaults = {
  resetPolicy: 'earliest',
  // As long as a worker's own session (Kafka: 45 s), so that who takes over a dead worker's task finds its place free.
  sessionTimeoutMs: 10_000,
  heartbeatIntervalMs: 3_000,
  rebalanceTimeoutMs: 300_000,
  metadataMaxAgeMs: 300_000,
} as const
/** While a topic is missing it is looked for this often. */
const missingTopicRetryMs = 1_000

type State = 'out' | 'in' | 'rejoin' | 'lost'

export function createSinkConsumer(client: KafkaClient, options: SinkConsumerOptions): SinkConsumer {
  const { clock } = client
  const settings = { ...defaults, ...options }
  const { groupId, hooks, subscribe } = settings
  const admin = createAdmin(client)
  const fetcher = createFetcher(client, settings)
  const closing = new AbortController()
  let state: State = 'out'
  let owned: TopicPartition[] = []
  let subscribed: string[] = []
  let partitionCounts = new Map<string, number>()
  let lookedAt = 0
  let interrupt = new AbortController()

  const change = (next: State) => {
    state = next
    interrupt.abort()
  }

  const member = createGroupMember(client, {
    groupId,
    protocolType: 'consumer',
    ...(settings.groupInstanceId === undefined ? {} : { groupInstanceId: settings.groupInstanceId }),
    sessionTimeoutMs: settings.sessionTimeoutMs,
    heartbeatIntervalMs: settings.heartbeatIntervalMs,
    rebalanceTimeoutMs: settings.rebalanceTimeoutMs,
    protocols: () => [
      {
        name: 'range',
        metadata: encodeConsumerSubscription({
          topics: subscribed,
          userData: null,
          ownedPartitions: [],
          generationId: -1,
        }),
      },
    ],
    async assign({ members }) {
      const subscriptions = members.map(({ memberId, metadata }) => ({
        memberId,
        topics: decodeConsumerSubscription(metadata).topics,
      }))
      await lookAtTopics(subscriptions.flatMap(({ topics }) => topics))
      const assigned = assignRanges(subscriptions, partitionCounts)
      return new Map([...assigned].map(([id, partitions]) => [id, encodeConsumerAssignment(partitions)]))
    },
    onRebalanceNeeded: () => change('rejoin'),
    onLost: (reason) => {
      client.logger.warn(`Group ${groupId} went on without this member: ${reason}`)
      change('lost')
    },
  })

  /** Learns which topics there are; true when what this member subscribes to, or their partitions, changed. */
  async function lookAtTopics(others: readonly string[] = []): Promise<boolean> {
    const named = 'topics' in subscribe ? subscribe.topics : undefined
    const wanted = named ? [...new Set([...named, ...others])] : undefined
    const topics = await client.metadata(wanted, { create: true })
    lookedAt = clock.now()
    const before = subscriptionKey()
    partitionCounts = new Map(topics.map(({ name, partitions }) => [name, partitions.length]))
    subscribed =
      'topics' in subscribe ? [...subscribe.topics] : topics.map(({ name }) => name).filter(subscribe.matches)
    return subscriptionKey() !== before
  }

  const subscriptionKey = () =>
    subscribed
      .map((topic) => `${topic}:${partitionCounts.get(topic) ?? 0}`)
      .sort()
      .join()

  async function join(signal: AbortSignal) {
    if (state === 'rejoin' && owned.length > 0) await hooks.revoked(owned)
    if (state === 'lost' && owned.length > 0) await hooks.lost(owned)
    fetcher.unassign(owned)
    owned = []
    await lookAtTopics()
    const { assignment } = await member.join(signal)
    const partitions = decodeConsumerAssignment(assignment).flatMap(({ topic, partitions: indexes }) =>
      indexes.map((partition) => ({ topic, partition })),
    )
    const committed = await committedOffsets(partitions)
    // A rebalance that came meanwhile is answered by the next round; what this one assigned is ours until then.
    if (state !== 'lost') state = 'in'
    owned = partitions
    await hooks.assigned(partitions)
    fetcher.assign(
      partitions.map((partition) => ({
        ...partition,
        offset: committed.get(`${partition.topic}-${partition.partition}`) ?? resetTo(),
      })),
    )
  }

  function resetTo(): 'earliest' | 'latest' {
    if (settings.resetPolicy === 'none')
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `group ${groupId} has no committed offset`)
    return settings.resetPolicy
  }

  async function committedOffsets(partitions: TopicPartition[]): Promise<Map<string, number>> {
    const committed = partitions.length === 0 ? [] : await admin.groupOffsets(groupId, partitions)
    return new Map(committed.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]))
  }

  async function lookAgainWhenDue() {
    const missing = 'topics' in subscribe && subscribe.topics.some((topic) => !partitionCounts.has(topic))
    const maxAgeMs = missing ? missingTopicRetryMs : settings.metadataMaxAgeMs
    if (state === 'in' && clock.now() - lookedAt >= maxAgeMs && (await lookAtTopics())) state = 'rejoin'
  }

  return {
    async poll(signal, timeoutMs) {
      const deadline = clock.now() + timeoutMs
      await lookAgainWhenDue()
      const until = AbortSignal.any([signal, closing.signal])
      while (state !== 'in') await join(until)
      interrupt = new AbortController()
      if (state !== 'in') interrupt.abort()
      const remaining = Math.max(0, deadline - clock.now())
      return fetcher.poll(AbortSignal.any([until, interrupt.signal]), remaining)
    },
    pause: (partitions) => fetcher.pause(partitions),
    resume: (partitions) => fetcher.resume(partitions),
    seek: (partition, offset) => fetcher.seek(partition, offset),
    assignment: () => [...owned],
    position: (partition) => fetcher.position(partition),
    async commit(offsets) {
      const topics = byTopic(offsets, ({ partition, offset }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedMetadata: '',
      }))
      const coordinator = { coordinator: 'group', key: groupId } as const
      const answer = await client.call(
        'OffsetCommit',
        {
          groupId,
          generationIdOrMemberEpoch: member.generation,
          memberId: member.memberId,
          groupInstanceId: settings.groupInstanceId ?? null,
          topics,
        },
        coordinator,
        { maxVersion: 9 },
      )
      for (const { name, partitions } of answer.topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          const error = KafkaError.of(errorCode, `${groupId}: ${name}-${partitionIndex}`)
          if (error.errorName === 'NOT_COORDINATOR') client.invalidate(coordinator)
          if (errorCode !== 0) throw error
        }
      }
    },
    committed: (partitions) => admin.groupOffsets(groupId, partitions),
    async [Symbol.asyncDispose]() {
      closing.abort()
      await fetcher[Symbol.asyncDispose]()
      try {
        await member.leave('the sink task stopped')
      } catch (error) {
        // The coordinator finds out by itself when the session ends.
        client.logger.debug(`Group ${groupId} was not left: ${messageOf(error)}`)
      }
      await member[Symbol.asyncDispose]()
    },
  }
}
