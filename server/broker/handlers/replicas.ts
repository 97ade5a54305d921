import { statfsSync } from 'node:fs'
import type { BrokerState } from '#server/broker/broker-state.ts'
import { attempt, noError } from '#server/broker/error-answer.ts'
import type { Handlers } from '#server/broker/handlers/handler.ts'
import { logOf, topicOf } from '#server/broker/handlers/partitions.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** Where partitions live and who leads them: always here, as a cluster of one node has to say. */
export function replicas({ topics, directory, nodeId, logger }: BrokerState) {
  const mustExist = (name: string, partition: number) => logOf(topicOf(topics, { name }), partition)

  function describedPartitions(name: string, asked: readonly number[] | undefined) {
    const logs = topics.byName(name)?.partitions ?? []
    return (asked ?? logs.map((_, partition) => partition)).flatMap((partitionIndex) => {
      const log = logs[partitionIndex]
      return log ? [{ partitionIndex, partitionSize: log.sizeBytes, offsetLag: 0, isFutureKey: false }] : []
    })
  }

  return {
    DescribeLogDirs({ topics: asked }, { version }) {
      const wanted = asked ?? topics.all().map(({ name }) => ({ topic: name, partitions: undefined }))
      const described = wanted
        .map(({ topic, partitions }) => ({ name: topic, partitions: describedPartitions(topic, partitions) }))
        .filter(({ partitions }) => partitions.length > 0)
      const disk = statfsSync(directory)
      const space = { totalBytes: disk.blocks * disk.bsize, usableBytes: disk.bavail * disk.bsize }
      return { results: [{ errorCode: 0, logDir: directory, topics: described, ...(version >= 4 && space) }] }
    },

    /** There is one folder: nothing can be moved to another. */
    AlterReplicaLogDirs: ({ dirs }) => ({
      results: dirs.flatMap(({ path, topics: asked }) =>
        asked.map(({ name, partitions }) => ({
          topicName: name,
          partitions: partitions.map((partitionIndex) => ({
            partitionIndex,
            errorCode: attempt(logger, () => {
              if (path !== directory) throw new KafkaError('LOG_DIR_NOT_FOUND')
              mustExist(name, partitionIndex)
            }).errorCode,
          })),
        })),
      ),
    }),

    ElectLeaders: ({ topicPartitions }) => ({
      errorCode: 0,
      // Asked about all partitions, Kafka names those alone whose leader has changed.
      replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
        topic,
        partitionResult: partitions.map((partitionId) => ({
          partitionId,
          ...attempt(logger, () => {
            mustExist(topic, partitionId)
            throw new KafkaError('ELECTION_NOT_NEEDED')
          }),
        })),
      })),
    }),

    AlterPartitionReassignments: ({ topics: asked }) => ({
      ...noError,
      responses: asked.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, replicas: brokers }) => ({
          partitionIndex,
          ...attempt(logger, () => {
            mustExist(name, partitionIndex)
            if (brokers === null) throw new KafkaError('NO_REASSIGNMENT_IN_PROGRESS')
            if (brokers.length !== 1 || brokers[0] !== nodeId) {
              throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', `this cluster has one broker: ${nodeId}`)
            }
          }),
        })),
      })),
    }),

    ListPartitionReassignments: () => ({ ...noError, topics: [] }),
  } satisfies Handlers
}
