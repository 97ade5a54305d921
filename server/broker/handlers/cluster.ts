import type { BrokerState } from '#server/broker/broker-state.ts'
import { codeOf, errorAnswer, noError } from '#server/broker/error-answer.ts'
import { transactionVersion } from '#server/broker/features.ts'
import type { Handlers } from '#server/broker/handlers/handler.ts'
import { logOf, topicOf } from '#server/broker/handlers/partitions.ts'

/** What there is to say about a cluster of one node. */
export function cluster(broker: BrokerState) {
  const { topics, nodeId, address, logger } = broker
  return {
    DescribeCluster: (request, { version }) => ({
      errorCode: 0,
      ...(version >= 1 && { endpointType: request.endpointType }),
      clusterId: topics.clusterId,
      controllerId: nodeId,
      brokers: [{ brokerId: nodeId, ...address }],
    }),

    /** What is finalised is fixed: only asking for what is so already succeeds. */
    UpdateFeatures({ featureUpdates }, { version }) {
      const results = featureUpdates.map(({ feature, maxVersionLevel }) => ({
        feature,
        ...(feature === transactionVersion.name && maxVersionLevel === transactionVersion.level
          ? noError
          : {
              errorCode: codeOf('INVALID_UPDATE_VERSION'),
              errorMessage: `The embedded broker does not change ${feature}.`,
            }),
      }))
      const { errorCode, errorMessage } = results.find((one) => one.errorCode !== 0) ?? noError
      return { errorCode, errorMessage, ...(version < 2 && errorCode === 0 && { results }) }
    },

    /** There has been one leader, in epoch 0, from the beginning: the end of its part is the end of the log. */
    OffsetForLeaderEpoch: (request) => ({
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, leaderEpoch }) => {
          try {
            const log = logOf(topicOf(topics, { name: topic }), partition)
            const known = leaderEpoch === 0
            return { errorCode: 0, partition, leaderEpoch: known ? 0 : -1, endOffset: known ? log.endOffset : -1 }
          } catch (error) {
            return { errorCode: errorAnswer(error, logger).errorCode, partition, leaderEpoch: -1, endOffset: -1 }
          }
        }),
      })),
    }),

    DescribeProducers: (request) => ({
      topics: request.topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => {
          try {
            const activeProducers = logOf(topicOf(topics, { name }), partitionIndex)
              .producers()
              .map(({ epoch, ...producer }) => ({ producerEpoch: epoch, ...producer }))
            return { partitionIndex, ...noError, activeProducers }
          } catch (error) {
            return { partitionIndex, ...errorAnswer(error, logger) }
          }
        }),
      })),
    }),
  } satisfies Handlers
}
