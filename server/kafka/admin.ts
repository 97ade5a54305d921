import { inParallel } from '#server/contract/in-parallel.ts'
import { withRetries } from '#server/kafka/back-off.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import type { TopicMetadata } from '#server/kafka/metadata.ts'
import type { ApiName, RequestOf, ResponseOf, Writable } from '#server/protocol/codec.ts'
import { KafkaError, type KafkaErrorName } from '#server/protocol/kafka-errors.ts'

export interface TopicPartition {
  topic: string
  partition: number
}

export interface TopicPartitionOffset extends TopicPartition {
  offset: number
}

export interface NewTopic {
  name: string
  /** -1: the broker's default. */
  partitions: number
  /** -1: the broker's default. */
  replicationFactor: number
  config?: Readonly<Record<string, string>>
}

export interface TopicConfigEntry {
  name: string
  value: string | null
  /** Neither set on the topic nor dynamically on a broker. */
  isDefault: boolean
}

export interface GroupDescription {
  state: string
  protocolType: string
  /** `metadata` is what a member said when it joined; empty while the group settles. */
  members: { memberId: string; clientId: string; host: string; metadata: Uint8Array }[]
}

export interface GroupOffsetsOptions {
  /**
   * Offsets that a transaction is about to change are waited for, as long as it takes to end (KIP-447), so that nothing is
   * read twice that the transaction goes past. Without it the answer is what is committed now.
   */
  stable?: boolean
  /** Ends the trying: what was answered last is thrown. */
  signal?: AbortSignal
}

/** What the runtime asks of Kafka beside records. Each call retries what is worth retrying, then throws KafkaError. */
export interface Admin {
  /** The names that were created; a topic that exists already is left as it is. */
  createTopics(topics: readonly NewTopic[]): Promise<string[]>
  deleteTopics(names: readonly string[]): Promise<void>
  /** Topics that do not exist are left out. */
  describeTopics(names?: readonly string[]): Promise<TopicMetadata[]>
  topicConfig(name: string): Promise<TopicConfigEntry[]>
  /** Sets (or, with null, resets) only the given keys (KIP-339). */
  alterTopicConfig(name: string, changes: Readonly<Record<string, string | null>>): Promise<void>
  /** `earliest`, `latest`, or the first offset at or after a time in ms (-1 when there is none). */
  listOffsets(
    partitions: readonly TopicPartition[],
    at: 'earliest' | 'latest' | number,
    isolation?: 'read_uncommitted' | 'read_committed',
  ): Promise<TopicPartitionOffset[]>
  /** What a group has committed, of these partitions or of all; partitions without a commit are left out. */
  groupOffsets(
    groupId: string,
    partitions?: readonly TopicPartition[],
    options?: GroupOffsetsOptions,
  ): Promise<TopicPartitionOffset[]>
  /** Commits for a group that has no members (KIP-396). */
  alterGroupOffsets(groupId: string, offsets: readonly TopicPartitionOffset[]): Promise<void>
  deleteGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void>
  /** A group that does not exist is deleted already. */
  deleteGroup(groupId: string): Promise<void>
  /** Of all brokers, those of a protocol type that this client may see. */
  listGroups(protocolType: string): Promise<string[]>
  describeGroup(groupId: string): Promise<GroupDescription>
  deleteRecords(before: readonly TopicPartitionOffset[]): Promise<void>
  /** Ends whatever producers hold these transactional ids (KIP-618). */
  fenceProducers(transactionalIds: readonly string[]): Promise<void>
}

/** What the coordinator itself says of the group. */
const ofThisCoordinator: ReadonlySet<KafkaErrorName> = new Set(['UNSTABLE_OFFSET_COMMIT'])
/** Brokers before Kafka 2.5 answer what is committed now (KIP-447). */
const stableOffsetsVersion = 7
const topicResource = 2
const fencedAtOnce = 20
const defaultConfigSources: ReadonlySet<number> = new Set([4, 5])

export function createAdmin(client: KafkaClient): Admin {
  const retrying = <Answer>(attempt: () => Promise<Answer>, signal?: AbortSignal) =>
    withRetries(client.clock, { withinMs: client.apiTimeoutMs, delayMs: client.retryDelayMs, signal }, attempt)

  /** Also finds a new coordinator when the known one is none any more. */
  const onCoordinator = <Answer>(
    kind: 'group' | 'transaction',
    key: string,
    attempt: () => Promise<Answer>,
    signal?: AbortSignal,
  ) =>
    retrying(async () => {
      try {
        return await attempt()
      } catch (error) {
        const elsewhere = error instanceof KafkaError && error.retriable && !ofThisCoordinator.has(error.errorName)
        if (elsewhere) client.invalidate({ coordinator: kind, key })
        throw error
      }
    }, signal)

  /** Also finds the new controller when the known one is none any more (Kafka: `handleNotControllerError`). */
  const onController = <A extends ApiName>(
    api: A,
    request: Writable<RequestOf<A>>,
    codesOf: (answer: ResponseOf<A>) => readonly { errorCode: number }[],
  ) =>
    retrying(async () => {
      const answer = await client.call(api, request, 'controller')
      const moved = codesOf(answer)
        .map(({ errorCode }) => KafkaError.of(errorCode))
        .find(({ errorName }) => errorName === 'NOT_CONTROLLER')
      if (!moved) return answer
      client.invalidate('controller')
      throw moved
    })

  return {
    async createTopics(topics) {
      const request = {
        topics: topics.map(({ name, partitions, replicationFactor, config = {} }) => ({
          name,
          numPartitions: partitions,
          replicationFactor,
          configs: Object.entries(config).map(([key, value]) => ({ name: key, value })),
        })),
      }
      const answer = await onController('CreateTopics', request, ({ topics }) => topics)
      const created: string[] = []
      for (const { name, errorCode, errorMessage } of answer.topics) {
        if (errorCode === 0) created.push(name)
        else if (KafkaError.of(errorCode).errorName !== 'TOPIC_ALREADY_EXISTS') {
          throw KafkaError.of(errorCode, errorMessage ?? name)
        }
      }
      return created
    },
    async deleteTopics(names) {
      const { version } = await retrying(() => client.connection('controller'))
      const byName = (version('DeleteTopics') ?? 0) < 6
      const wanted = byName ? { topicNames: names } : { topics: names.map((name) => ({ name })) }
      const request = { ...wanted, timeoutMs: 30_000 }
      const answer = await onController('DeleteTopics', request, ({ responses }) => responses)
      for (const { name, errorCode, errorMessage } of answer.responses) {
        if (name !== null) client.invalidate({ topic: name })
        if (errorCode !== 0) throw KafkaError.of(errorCode, errorMessage ?? name)
      }
    },
    describeTopics: (names) => retrying(() => client.metadata(names)),
    async topicConfig(name) {
      const answer = await retrying(() =>
        client.call(
          'DescribeConfigs',
          { resources: [{ resourceType: topicResource, resourceName: name, configurationKeys: null }] },
          'any',
        ),
      )
      const result = answer.results[0]
      if (!result) return []
      if (result.errorCode !== 0) throw KafkaError.of(result.errorCode, result.errorMessage ?? name)
      return result.configs.map((entry) => ({
        name: entry.name,
        value: entry.value,
        isDefault: defaultConfigSources.has(entry.configSource),
      }))
    },
    async alterTopicConfig(name, changes) {
      const configs = Object.entries(changes).map(([key, value]) => ({
        name: key,
        configOperation: value === null ? 1 : 0,
        value,
      }))
      const resources = [{ resourceType: topicResource, resourceName: name, configs }]
      const answer = await onController('IncrementalAlterConfigs', { resources }, ({ responses }) => responses)
      for (const { errorCode, errorMessage } of answer.responses) {
        if (errorCode !== 0) throw KafkaError.of(errorCode, errorMessage ?? name)
      }
    },
    listOffsets: (partitions, at, isolation = 'read_uncommitted') =>
      retrying(async () => {
        try {
          return await listOffsets(client, partitions, at, isolation)
        } catch (error) {
          // A leader that is gone has been replaced.
          for (const { topic } of partitions) client.invalidate({ topic })
          throw error
        }
      }),
    groupOffsets: (groupId, partitions, { stable = false, signal } = {}) =>
      onCoordinator('group', groupId, () => fetchGroupOffsets(client, groupId, partitions, stable), signal),
    alterGroupOffsets: (groupId, offsets) =>
      onCoordinator('group', groupId, async () => {
        const topics = byTopic(offsets, ({ partition, offset }) => ({
          partitionIndex: partition,
          committedOffset: offset,
        }))
        // Version 10 speaks of topic ids; by name a topic that was re-created meanwhile is still the one that was meant.
        const answer = await client.call(
          'OffsetCommit',
          { groupId, topics },
          { coordinator: 'group', key: groupId },
          { maxVersion: 9 },
        )
        for (const { name, partitions } of answer.topics) {
          for (const { errorCode, partitionIndex } of partitions) {
            if (errorCode !== 0) throw KafkaError.of(errorCode, `${groupId}: ${name}-${partitionIndex}`)
          }
        }
      }),
    deleteGroupOffsets: (groupId, partitions) =>
      onCoordinator('group', groupId, async () => {
        const topics = byTopic(partitions, ({ partition }) => ({ partitionIndex: partition }))
        const answer = await client.call('OffsetDelete', { groupId, topics }, { coordinator: 'group', key: groupId })
        const codes = [answer.errorCode, ...answer.topics.flatMap((topic) => topic.partitions.map((p) => p.errorCode))]
        for (const code of codes) {
          const error = KafkaError.of(code, groupId)
          if (code !== 0 && error.errorName !== 'GROUP_ID_NOT_FOUND') throw error
        }
      }),
    deleteGroup: (groupId) =>
      onCoordinator('group', groupId, async () => {
        const answer = await client.call(
          'DeleteGroups',
          { groupsNames: [groupId] },
          { coordinator: 'group', key: groupId },
        )
        const error = KafkaError.of(answer.results[0]?.errorCode ?? 0, groupId)
        if (error.code !== 0 && error.errorName !== 'GROUP_ID_NOT_FOUND') throw error
      }),
    listGroups: (protocolType) =>
      retrying(async () => {
        const { brokers } = await client.call('Metadata', { topics: [] }, 'any')
        const answers = await Promise.all(
          brokers.map(({ nodeId }) => client.call('ListGroups', {}, { broker: nodeId })),
        )
        return answers.flatMap(({ errorCode, groups }) => {
          if (errorCode !== 0) throw KafkaError.of(errorCode, 'the groups cannot be listed')
          return groups.flatMap((group) => (group.protocolType === protocolType ? group.groupId : []))
        })
      }),
    describeGroup: (groupId) =>
      onCoordinator('group', groupId, async () => {
        const answer = await client.call(
          'DescribeGroups',
          { groups: [groupId] },
          { coordinator: 'group', key: groupId },
        )
        const group = answer.groups[0]
        if (!group) throw new KafkaError('GROUP_ID_NOT_FOUND', groupId)
        if (group.errorCode !== 0) throw KafkaError.of(group.errorCode, group.errorMessage ?? groupId)
        return {
          state: group.groupState,
          protocolType: group.protocolType,
          members: group.members.map(({ memberId, clientId, clientHost, memberMetadata }) => ({
            memberId,
            clientId,
            host: clientHost,
            metadata: memberMetadata,
          })),
        }
      }),
    deleteRecords: (before) =>
      retrying(async () => {
        for (const { topic, partition, offset } of before) {
          const topics = [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }]
          const answer = await client.call(
            'DeleteRecords',
            { topics, timeoutMs: 30_000 },
            { leaderOf: { topic, partition } },
          )
          const code = answer.topics[0]?.partitions[0]?.errorCode ?? 0
          if (code === 0) continue
          client.invalidate({ topic })
          throw KafkaError.of(code, `${topic}-${partition}`)
        }
      }),
    async fenceProducers(transactionalIds) {
      await inParallel(transactionalIds, fencedAtOnce, (transactionalId) =>
        onCoordinator('transaction', transactionalId, async () => {
          // A timeout of 1 ms ends the transaction of the new epoch at once: nobody will use it (Kafka: FenceProducersHandler).
          const request = { transactionalId, transactionTimeoutMs: 1 }
          const answer = await client.call('InitProducerId', request, {
            coordinator: 'transaction',
            key: transactionalId,
          })
          if (answer.errorCode !== 0) throw KafkaError.of(answer.errorCode, transactionalId)
        }),
      )
    },
  }
}

async function listOffsets(
  client: KafkaClient,
  partitions: readonly TopicPartition[],
  at: 'earliest' | 'latest' | number,
  isolation: 'read_uncommitted' | 'read_committed',
): Promise<TopicPartitionOffset[]> {
  const timestamp = at === 'earliest' ? -2 : at === 'latest' ? -1 : at
  const byLeader = new Map<number, TopicPartition[]>()
  for (const wanted of partitions) {
    const { id } = await client.leader(wanted.topic, wanted.partition)
    byLeader.set(id, [...(byLeader.get(id) ?? []), wanted])
  }
  const found: TopicPartitionOffset[] = []
  for (const [broker, wanted] of byLeader) {
    const topics = byTopic(wanted, ({ partition }) => ({ partitionIndex: partition, timestamp }))
    const isolationLevel = isolation === 'read_committed' ? 1 : 0
    const answer = await client.call('ListOffsets', { replicaId: -1, isolationLevel, topics }, { broker })
    for (const { name, partitions: answered } of answer.topics) {
      for (const { partitionIndex, errorCode, offset } of answered) {
        if (errorCode !== 0) throw KafkaError.of(errorCode, `${name}-${partitionIndex}`)
        found.push({ topic: name, partition: partitionIndex, offset })
      }
    }
  }
  return found
}

async function fetchGroupOffsets(
  client: KafkaClient,
  groupId: string,
  partitions: readonly TopicPartition[] | undefined,
  requireStable: boolean,
) {
  const to = { coordinator: 'group', key: groupId } as const
  const topics = partitions === undefined ? null : byTopic(partitions, ({ partition }) => partition)
  const wanted = topics?.map(({ name, partitions: indexes }) => ({ name, partitionIndexes: indexes })) ?? null
  const newest = (await client.connection(to)).version('OffsetFetch') ?? 0
  const several = newest >= 8
  const asked = several ? { groups: [{ groupId, topics: wanted }] } : { groupId, topics: wanted }
  const request = { ...asked, requireStable: requireStable && newest >= stableOffsetsVersion }
  const answer = await client.call('OffsetFetch', request, to, { maxVersion: 9 })
  const group = several ? answer.groups[0] : answer
  if (!group) return []
  if (group.errorCode !== 0) throw KafkaError.of(group.errorCode, groupId)
  const found: TopicPartitionOffset[] = []
  for (const { name, partitions: committed } of group.topics) {
    for (const { partitionIndex, committedOffset, errorCode } of committed) {
      if (errorCode !== 0) throw KafkaError.of(errorCode, `${groupId}: ${name}-${partitionIndex}`)
      if (committedOffset >= 0) found.push({ topic: name, partition: partitionIndex, offset: committedOffset })
    }
  }
  return found
}

/** Groups partitions by topic, as requests want them. */
export function byTopic<Wanted extends TopicPartition, Shape>(
  partitions: readonly Wanted[],
  shape: (wanted: Wanted) => Shape,
): { name: string; partitions: Shape[] }[] {
  const topics = new Map<string, Shape[]>()
  for (const wanted of partitions) {
    const shapes = topics.get(wanted.topic) ?? []
    shapes.push(shape(wanted))
    topics.set(wanted.topic, shapes)
  }
  return [...topics].map(([name, shapes]) => ({ name, partitions: shapes }))
}
