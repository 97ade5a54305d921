import type { AssignorName } from '#server/contract/assignment-strategies.ts'
import { messageOf } from '#server/contract/errors.ts'
import { byTopic, createAdmin, type TopicPartition, type TopicPartitionOffset } from '#server/kafka/admin.ts'
import { assignBy, assignors, subscriptionFor } from '#server/kafka/assignors.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { clientFields, consumerFields, defaultNumber } from '#server/kafka/client-fields.ts'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import { createFetcher, type FetcherOptions } from '#server/kafka/fetcher.ts'
import { createGroupMember } from '#server/kafka/group-member.ts'
import type { ResetPolicy, ResetTo } from '#server/kafka/reset-policy.ts'
import { createTopicSubscription, type Subscribe } from '#server/kafka/topic-subscription.ts'
import {
  decodeConsumerAssignment,
  decodeConsumerSubscription,
  encodeConsumerAssignment,
  type TopicPartitions,
} from '#server/protocol/consumer-bytes.ts'
import { KafkaError, type KafkaErrorName } from '#server/protocol/kafka-errors.ts'

/** Told inside `poll`, one after the other; a hook that throws makes `poll` throw. */
export interface RebalanceHooks {
  /** New partitions, before their first record. None when a round brought nothing new. */
  assigned(partitions: TopicPartition[]): Promise<void>
  /** Partitions that go elsewhere, at least one; commits still count. */
  revoked(partitions: TopicPartition[]): Promise<void>
  /** Partitions that are somebody else's already, at least one; nothing of them may be committed any more. */
  lost(partitions: TopicPartition[]): Promise<void>
}

export interface SinkConsumerOptions extends Omit<FetcherOptions, 'resetPolicy'> {
  groupId: string
  /** A name that this member keeps over restarts, so that its partitions wait for it (KIP-345); one member each. */
  groupInstanceId?: string
  subscribe: Subscribe
  hooks: RebalanceHooks
  /**
   * In order of preference; the group takes one that all its members offer. `range` and `cooperative-sticky` unless it says
   * otherwise, as Kafka's consumer does.
   */
  assignors?: readonly AssignorName[]
  resetPolicy?: ResetPolicy
  sessionTimeoutMs?: number
  heartbeatIntervalMs?: number
  /** How long a rebalance waits for work between two polls, before the group goes on without this member. */
  rebalanceTimeoutMs?: number
  /** After so long without a poll the member leaves its group, as Kafka's does; without it, it stays. */
  maxPollIntervalMs?: number
  /** How often new topics and partitions are looked for. */
  metadataMaxAgeMs?: number
  /** Whether brokers that may create topics are to create those that are missing; they are unless this says otherwise. */
  createsTopics?: boolean
}

/**
 * A consumer of a group, for sinks. As in Kafka's consumer, a member whose assignors are all cooperative puts down only
 * what goes elsewhere (KIP-429) and hands out records of the rest while the group settles; every other one puts everything
 * down before it joins. What changes hands does so inside `poll`, when nothing is being written.
 */
export interface SinkConsumer extends AsyncDisposable {
  poll(signal: AbortSignal, timeoutMs: number): Promise<FetchedPartition[]>
  /** What `poll` handed over is done with. */
  done(): void
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /** Partitions that were just lost, of which the next `poll` tells, are left alone. */
  seek(partition: TopicPartition, offset: number): void
  assignment(): TopicPartition[]
  position(partition: TopicPartition): number | undefined
  /**
   * Commits as this member of this generation: a zombie is refused (ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID). While the group
   * is between two generations it waits for the next one.
   */
  commit(offsets: readonly TopicPartitionOffset[]): Promise<void>
  committed(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]>
}

const defaults = {
  assignors: ['range', 'cooperative-sticky'],
  resetPolicy: 'earliest',
  // As long as a worker's own session (Kafka: 45 s), so that who takes over a dead worker's task finds its place free.
  sessionTimeoutMs: defaultNumber(consumerFields['session.timeout.ms']),
  heartbeatIntervalMs: defaultNumber(consumerFields['heartbeat.interval.ms']),
  rebalanceTimeoutMs: 300_000,
  metadataMaxAgeMs: defaultNumber(clientFields['metadata.max.age.ms']),
  createsTopics: true,
} as const

type State = 'out' | 'in' | 'rejoin' | 'lost'

/** One join of the group, under way or with an outcome that `poll` has not taken in yet. */
interface Round {
  /** Resolves however it went. */
  over: Promise<void>
  outcome?: { assigned: TopicPartition[] } | { error: unknown }
}

/** After these somebody else may be the coordinator (Kafka: `markCoordinatorUnknown`). */
const noCoordinator: ReadonlySet<KafkaErrorName> = new Set([
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'REQUEST_TIMED_OUT',
])

/** What the coordinator answers to a commit while its group goes from one generation to the next. */
const betweenGenerations: ReadonlySet<KafkaErrorName> = new Set(['ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS'])

export function createSinkConsumer(client: KafkaClient, options: SinkConsumerOptions): SinkConsumer {
  const { clock } = client
  const settings = { ...defaults, ...options }
  const { groupId, hooks } = settings
  const admin = createAdmin(client)
  const fetcher = createFetcher(client, settings)
  const subscription = createTopicSubscription(client, settings.subscribe, settings)
  const cooperative = settings.assignors.every((name) => assignors[name].cooperative)
  const closing = new AbortController()
  let state: State = 'out'
  let round: Round | undefined
  let owned: TopicPartition[] = []
  /** What of that the last join told the group. */
  let claimed: readonly TopicPartition[] = []
  let last: { partitions: TopicPartitions[]; generation: number } | undefined
  let interrupt = new AbortController()
  /** When the last poll ended; Infinity during one. */
  let polledAt = clock.monotonic()
  /** Why there is no way back. */
  let fenced: Error | undefined

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
    rebalanceTimeoutMs: settings.maxPollIntervalMs ?? settings.rebalanceTimeoutMs,
    pollDueAt: () => polledAt + (settings.maxPollIntervalMs ?? Number.POSITIVE_INFINITY),
    protocols() {
      const { generation } = member
      // Who is out of the group, and finds out while it joins, has nothing to claim and nothing to read.
      if (generation < 0) giveUp()
      claimed = generation < 0 ? [] : owned
      const holdings = { owned: grouped(claimed), generation, last, rack: settings.rack }
      return settings.assignors.map((name) => ({
        name,
        metadata: subscriptionFor(name, subscription.topics, holdings),
      }))
    },
    async assign({ protocol, members }) {
      await subscription.look(members.flatMap(({ metadata }) => decodeConsumerSubscription(metadata).topics))
      const assigned = assignBy(protocol as AssignorName, members, subscription.partitionCounts)
      return new Map([...assigned].map(([id, partitions]) => [id, encodeConsumerAssignment(partitions)]))
    },
    onRebalanceNeeded: () => change('rejoin'),
    onLost: (reason) => {
      client.logger.warn(`Group ${groupId} went on without this member: ${reason}`)
      giveUp()
      change('lost')
    },
    onFenced(error) {
      client.logger.error(`Group ${groupId} has another member of the id ${settings.groupInstanceId}`, { error })
      fenced = error
      giveUp()
      change('lost')
    },
  })

  /** I7: what may be somebody else's by now is not handed out any more; the next `poll` tells the hooks. */
  function giveUp() {
    fetcher.unassign(owned)
    interrupt.abort()
  }

  /** False for what was lost and is put down in the next `poll`. */
  const isOurs = (partition: TopicPartition) =>
    state !== 'lost' && (round ? claimed : owned).some((one) => placeOf(one) === placeOf(partition))

  /** Puts down what has to be put down first, and joins. */
  async function begin(): Promise<Round> {
    if (state === 'lost') {
      await putDown(owned, 'lost')
      if (fenced) throw fenced
      state = 'out'
    }
    if (!cooperative) await putDown(owned, 'revoked')
    await subscription.look()
    await putDown(
      owned.filter(({ topic }) => !subscription.topics.includes(topic)),
      'revoked',
    )
    const begun: Round = { over: joined().then((outcome) => settle(begun, outcome)) }
    return begun
  }

  async function joined(): Promise<Round['outcome']> {
    try {
      const { assignment, generation } = await member.join(closing.signal)
      // From here on a rebalance that comes is answered by the next round; what this one assigned is ours until then.
      state = 'in'
      const partitions = decodeConsumerAssignment(assignment)
      last = { partitions, generation }
      return { assigned: partitions.flatMap(flat) }
    } catch (error) {
      return { error }
    }
  }

  function settle(of: Round, outcome: Round['outcome']) {
    Object.assign(of, { outcome })
    interrupt.abort()
  }

  /**
   * Takes in the round that is over and begins the one that is due. Waits for it only when there is nothing to read
   * meanwhile.
   */
  async function keepMembership(signal: AbortSignal) {
    while (round || state !== 'in') {
      if (state === 'lost') round = undefined
      round ??= await begin()
      // What was not claimed may have gone to somebody else at once.
      await putDown(without(owned, claimed), 'lost')
      if (!round.outcome && owned.length > 0) return
      await unlessAborted(round.over, signal)
      const { outcome } = round
      if (outcome === undefined || state === 'lost') continue
      if ('error' in outcome) {
        round = undefined
        throw outcome.error
      }
      // As long as they cannot be told the round is not over: the next poll asks again.
      const committed = await committedOffsets(without(outcome.assigned, claimed), signal)
      round = undefined
      if (committed) await takeOver(outcome.assigned, committed)
    }
  }

  /** Whether `keepMembership` has something to do. */
  const hasNews = () => (round ? round.outcome !== undefined || without(owned, claimed).length > 0 : state !== 'in')

  async function takeOver(assigned: readonly TopicPartition[], committed: ReadonlyMap<string, number>) {
    try {
      await putDown(without(owned, claimed), 'lost')
      const moving = without(owned, assigned)
      await putDown(moving, 'revoked')
      const added = without(assigned, owned)
      owned = [...assigned]
      await hooks.assigned(added)
      fetcher.assign(
        added.map((partition) => ({ ...partition, offset: committed.get(placeOf(partition)) ?? resetTo() })),
      )
      // KIP-429: what was put down is given away in the next round.
      if (moving.length > 0 && state === 'in') state = 'rejoin'
    } catch (error) {
      if (state === 'in') state = 'rejoin'
      throw error
    }
  }

  async function putDown(partitions: TopicPartition[], how: 'revoked' | 'lost') {
    if (partitions.length === 0) return
    await hooks[how](partitions)
    fetcher.unassign(partitions)
    owned = without(owned, partitions)
  }

  function resetTo(): ResetTo {
    if (settings.resetPolicy === 'none')
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `group ${groupId} has no committed offset`)
    return settings.resetPolicy
  }

  /** Undefined when the group goes on before they are told, so that what was assigned means nothing any more. */
  async function committedOffsets(
    partitions: readonly TopicPartition[],
    signal: AbortSignal,
  ): Promise<Map<string, number> | undefined> {
    if (partitions.length === 0) return new Map()
    interrupt = new AbortController()
    const { signal: news } = interrupt
    if (state !== 'in') interrupt.abort()
    try {
      const until = AbortSignal.any([signal, news])
      const committed = await admin.groupOffsets(groupId, partitions, { stable: true, signal: until })
      return new Map(committed.map((at) => [placeOf(at), at.offset]))
    } catch (error) {
      signal.throwIfAborted()
      if (news.aborted) return undefined
      throw error
    }
  }

  /** I7: never for partitions that are lost, under whichever generation this member is in by now. */
  async function commit(offsets: readonly TopicPartitionOffset[]) {
    const gone = offsets.filter((at) => !isOurs(at))
    if (gone.length > 0 || member.generation < 0) {
      throw new KafkaError('ILLEGAL_GENERATION', `${groupId}: ${gone.map(placeOf).join(', ')} went to another member`)
    }
    const coordinator = { coordinator: 'group', key: groupId } as const
    const topics = byTopic(offsets, ({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedMetadata: '',
    }))
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
        if (noCoordinator.has(error.errorName)) client.invalidate(coordinator)
        if (errorCode !== 0) throw error
      }
    }
  }

  async function poll(signal: AbortSignal, timeoutMs: number): Promise<FetchedPartition[]> {
    const deadline = clock.monotonic() + timeoutMs
    const until = AbortSignal.any([signal, closing.signal])
    if (state === 'in' && subscription.isDue() && (await subscription.look())) state = 'rejoin'
    await keepMembership(until)
    interrupt = new AbortController()
    if (hasNews()) interrupt.abort()
    const remaining = Math.max(0, deadline - clock.monotonic())
    return fetcher.poll(AbortSignal.any([until, interrupt.signal]), remaining)
  }

  return {
    async poll(signal, timeoutMs) {
      polledAt = Number.POSITIVE_INFINITY
      try {
        return await poll(signal, timeoutMs)
      } finally {
        polledAt = clock.monotonic()
      }
    },
    done: () => fetcher.done(),
    pause: (partitions) => fetcher.pause(partitions),
    resume: (partitions) => fetcher.resume(partitions),
    seek(partition, offset) {
      if (isOurs(partition)) fetcher.seek(partition, offset)
    },
    assignment: () => [...owned],
    position: (partition) => fetcher.position(partition),
    async commit(offsets) {
      try {
        await commit(offsets)
      } catch (error) {
        if (!round || !(error instanceof KafkaError) || !betweenGenerations.has(error.errorName)) throw error
        await round.over
        await commit(offsets)
      }
    },
    committed: (partitions) => admin.groupOffsets(groupId, partitions, { stable: true }),
    async [Symbol.asyncDispose]() {
      closing.abort()
      await fetcher[Symbol.asyncDispose]()
      await round?.over
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
const flat = ({ topic, partitions }: TopicPartitions) => partitions.map((partition) => ({ topic, partition }))
const grouped = (partitions: readonly TopicPartition[]): TopicPartitions[] =>
  byTopic(partitions, ({ partition }) => partition).map(({ name, partitions: of }) => ({ topic: name, partitions: of }))

function without(partitions: readonly TopicPartition[], others: readonly TopicPartition[]): TopicPartition[] {
  const away = new Set(others.map(placeOf))
  return partitions.filter((one) => !away.has(placeOf(one)))
}

/** Rejects with the signal's reason when that comes first; the work itself goes on. */
function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const abort = () => reject(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort)
  void work.then(resolve)
  return promise.finally(() => signal.removeEventListener('abort', abort))
}
