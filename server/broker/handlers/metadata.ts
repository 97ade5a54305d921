import type { BrokerState } from '#server/broker/broker-state.ts'
import { codeOf, errorAnswer } from '#server/broker/error-answer.ts'
import type { Handler } from '#server/broker/handlers/handler.ts'
import type { Topic } from '#server/broker/topics/topics.ts'

/** Creates what is asked for by name and missing, when the client and the broker allow it. */
export function metadata(broker: BrokerState): Handler<'Metadata'> {
  const { topics, limits, logger } = broker

  const describe = ({ name, id, internal, partitions }: Topic) => ({
    errorCode: 0,
    name,
    topicId: id,
    isInternal: internal,
    partitions: partitions.map((_, partitionIndex) => ({
      errorCode: 0,
      partitionIndex,
      leaderId: broker.nodeId,
      leaderEpoch: 0,
      replicaNodes: [broker.nodeId],
      isrNodes: [broker.nodeId],
    })),
  })

  function byName(name: string, create: boolean) {
    const known = topics.byName(name)
    if (known) return describe(known)
    if (!create) return { errorCode: codeOf('UNKNOWN_TOPIC_OR_PARTITION'), name }
    try {
      return describe(topics.create({ name, partitions: limits.defaultPartitions, configs: {} }))
    } catch (error) {
      return { errorCode: errorAnswer(error, logger).errorCode, name }
    }
  }

  function byId(topicId: string, version: number) {
    // Ids stand in the request from version 10 on, and could be asked for from version 12 on only.
    if (version < 12) return { errorCode: codeOf('INVALID_REQUEST'), name: '', topicId }
    const known = topics.byId(topicId)
    return known ? describe(known) : { errorCode: codeOf('UNKNOWN_TOPIC_ID'), name: null, topicId }
  }

  return (request, { version }) => {
    // Version 0 has no null: an empty list asks for all topics.
    const all = request.topics === null || (version === 0 && request.topics.length === 0)
    const create = request.allowAutoTopicCreation && limits.autoCreateTopics
    return {
      brokers: [{ nodeId: broker.nodeId, ...broker.address }],
      clusterId: topics.clusterId,
      controllerId: broker.nodeId,
      topics: all
        ? topics.all().map(describe)
        : (request.topics ?? []).map(({ name, topicId }) =>
            name === null ? byId(topicId, version) : byName(name, create),
          ),
    }
  }
}
