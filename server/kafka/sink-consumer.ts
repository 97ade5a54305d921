import { messageOf } from '#server/contract/errors.ts'
import { byTopic, createAdmin, type TopicPartition, type TopicPartitionOffset } from '#server/kafka/admin.ts'
import { assignors } from '#server/kafka/assignors.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { createFetcher, type FetchedPartition, type FetcherOptions } from '#server/kafka/fetcher.ts'
import { createGroupMember } from '#server/kafka/group-member.ts'
import {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
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
  /** `range` unless it says otherwise; every member of the group must offer the same one. */
  assignor?: keyof typeof assignors
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
 * tasks on JVM workers can be in the same group; or `cooperative-sticky`, with which only partitions that go elsewhere are
 * put down (KIP-429). A rebalance happens only inside `poll`, when nothing is being written.
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
  assignor: 'range',
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
  const assignor = assignors[settings.assignor]
  const closing = new AbortController()
  let state: State = 'out'
  let owned: TopicPartition[] = []
  /** What of that the last join told the group. */
  let claimed: readonly TopicPartition[] = []
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
    protocols() {
      // Who is out of the group, and finds out while it joins, has nothing to claim.
      claimed = member.generation < 0 ? [] : owned
      const holding = byTopic(claimed, ({ partition }) => partition)
      const topics = holding.map(({ name, partitions }) => ({ topic: name, partitions }))
      return [{ name: settings.assignor, metadata: assignor.subscription(subscribed, topics, member.generation) }]
    },
    async assign({ members }) {
      await lookAtTopics(members.flatMap(({ metadata }) => decodeConsumerSubscription(metadata).topics))
      const assigned = assignor.assign(members, partitionCounts)
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
    if (state === 'lost') await putDown(owned, 'lost')
    else if (!assignor.cooperative) await putDown(owned, 'revoked')
    await lookAtTopics()
    await putDown(
      owned.filter(({ topic }) => !subscribed.includes(topic)),
      'revoked',
    )
    const { assignment } = await member.join(signal)
    // From here on a rebalance that comes is answered by the next round; what this one assigned is ours until then.
    state = 'in'
    try {
      await takeOver(
        decodeConsumerAssignment(assignment).flatMap(({ topic, partitions }) =>
          partitions.map((partition) => ({ topic, partition })),
        ),
      )
    } catch (error) {
      if (state === 'in') state = 'rejoin'
      throw error
    }
  }

  async function takeOver(assigned: readonly TopicPartition[]) {
    // What was not claimed may have gone to somebody else at once.
    await putDown(without(owned, claimed), 'lost')
    const moving = without(owned, assigned)
    await putDown(moving, 'revoked')
    const added = without(assigned, owned)
    const committed = await committedOffsets(added)
    owned = [...assigned]
    await hooks.assigned(added)
    fetcher.assign(added.map((partition) => ({ ...partition, offset: committed.get(placeOf(partition)) ?? resetTo() })))
    // KIP-429: what was put down is given away in the next round.
    if (moving.length > 0 && state === 'in') state = 'rejoin'
  }

  async function putDown(partitions: TopicPartition[], how: 'revoked' | 'lost') {
    if (partitions.length === 0) return
    await hooks[how](partitions)
    fetcher.unassign(partitions)
    owned = without(owned, partitions)
  }

  function resetTo(): 'earliest' | 'latest' {
    if (settings.resetPolicy === 'none')
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `group ${groupId} has no committed offset`)
    return settings.resetPolicy
  }

  async function committedOffsets(partitions: readonly TopicPartition[]): Promise<Map<string, number>> {
    const committed = partitions.length === 0 ? [] : await admin.groupOffsets(groupId, partitions)
    return new Map(committed.map((at) => [placeOf(at), at.offset]))
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

const placeOf = ({ topic, partition }: TopicPartition) => `${topic}-${partition}`

function without(partitions: readonly TopicPartition[], others: readonly TopicPartition[]): TopicPartition[] {
  const away = new Set(others.map(placeOf))
  return partitions.filter((one) => !away.has(placeOf(one)))
}
