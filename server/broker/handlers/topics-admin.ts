import type { BrokerState } from '#server/broker/broker-state.ts'
import { attempt, errorAnswer, noError } from '#server/broker/error-answer.ts'
import type { Handlers } from '#server/broker/handlers/handler.ts'
import { logOf, topicOf } from '#server/broker/handlers/partitions.ts'
import { describeTopicConfigs } from '#server/broker/topics/describe-configs.ts'
import type { Topic } from '#server/broker/topics/topics.ts'
import type { RequestOf } from '#server/protocol/codec.ts'
import { zeroUuid } from '#server/protocol/field-codec.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

type NewTopicRequest = RequestOf<'CreateTopics'>['topics'][number]

/** Creating, deleting and growing topics, and cutting their old records off. */
export function topicsAdmin(broker: BrokerState) {
  const { topics, limits, logger } = broker

  function planOf({ name, numPartitions, replicationFactor, assignments, configs }: NewTopicRequest) {
    if (replicationFactor !== -1 && replicationFactor !== 1) {
      const detail = `Replication factor: ${replicationFactor} larger than available brokers: 1.`
      throw new KafkaError('INVALID_REPLICATION_FACTOR', detail)
    }
    if (assignments.some(({ brokerIds }) => brokerIds.length !== 1 || brokerIds[0] !== broker.nodeId)) {
      throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', `this cluster has one broker: ${broker.nodeId}`)
    }
    const asked = numPartitions === -1 ? limits.defaultPartitions : numPartitions
    const own: Record<string, string> = Object.create(null)
    for (const { name: key, value } of configs) {
      if (value === null) throw new KafkaError('INVALID_CONFIG', `Null value not supported for topic configs: ${key}`)
      own[key] = value
    }
    return { name, partitions: assignments.length > 0 ? assignments.length : asked, configs: own }
  }

  function created(topic: Pick<Topic, 'name' | 'id' | 'configs'> & { partitions: number }) {
    return {
      name: topic.name,
      topicId: topic.id,
      ...noError,
      numPartitions: topic.partitions,
      replicationFactor: 1,
      configs: describeTopicConfigs(topic.configs, topics.defaults).map(
        ({ name, value, readOnly, configSource, isSensitive }) => ({
          ...{ name, value, readOnly, configSource, isSensitive },
        }),
      ),
    }
  }

  function create(request: NewTopicRequest, validateOnly: boolean) {
    try {
      const plan = planOf(request)
      if (validateOnly) {
        topics.validate(plan)
        return created({ ...plan, id: zeroUuid })
      }
      const topic = topics.create(plan)
      return created({ ...topic, partitions: topic.partitions.length })
    } catch (error) {
      return { name: request.name, ...errorAnswer(error, logger), numPartitions: -1, replicationFactor: -1 }
    }
  }

  function remove(given: { name: string | null; topicId: string }) {
    let found: Topic | undefined
    const answer = attempt(logger, () => {
      found = topicOf(topics, { name: given.name ?? '', topicId: given.topicId })
      if (found.internal) throw new KafkaError('INVALID_TOPIC_EXCEPTION', `${found.name} is an internal topic`)
      topics.remove(found.name)
    })
    return { name: found?.name ?? given.name, topicId: found?.id ?? given.topicId, ...answer }
  }

  return {
    CreateTopics: (request) => ({
      topics: request.topics.map((topic) => {
        const twice = request.topics.filter(({ name }) => name === topic.name).length > 1
        if (!twice) return create(topic, request.validateOnly)
        return {
          name: topic.name,
          ...errorAnswer(new KafkaError('INVALID_REQUEST', 'Duplicate topic name.'), logger),
          numPartitions: -1,
          replicationFactor: -1,
        }
      }),
    }),

    DeleteTopics(request, { version }) {
      const given = version >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: zeroUuid }))
      return { responses: given.map(remove) }
    },

    CreatePartitions: ({ topics: asked, validateOnly }) => ({
      results: asked.map(({ name, count, assignments }) => ({
        name,
        ...attempt(logger, () => {
          const topic = topicOf(topics, { name })
          if (assignments?.some(({ brokerIds }) => brokerIds.length !== 1 || brokerIds[0] !== broker.nodeId)) {
            throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', `this cluster has one broker: ${broker.nodeId}`)
          }
          topics.checkGrowth(topic, count)
          if (!validateOnly) topics.grow(name, count)
        }),
      })),
    }),

    DeleteRecords: ({ topics: asked }) => ({
      topics: asked.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, offset }) => {
          let lowWatermark = -1
          const { errorCode } = attempt(logger, () => {
            const topic = topicOf(topics, { name })
            if (!topic.logConfig.delete) {
              throw new KafkaError('POLICY_VIOLATION', 'records can be deleted where cleanup.policy has delete')
            }
            const log = logOf(topic, partitionIndex)
            log.deleteRecordsBefore(offset === -1 ? log.endOffset : offset)
            lowWatermark = log.startOffset
          })
          return { partitionIndex, lowWatermark, errorCode }
        }),
      })),
    }),
  } satisfies Handlers
}
