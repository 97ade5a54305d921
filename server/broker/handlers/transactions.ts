import type { BrokerState } from '#server/broker/broker-state.ts'
import { codeOf, errorAnswer } from '#server/broker/error-answer.ts'
import type { OffsetChange } from '#server/broker/groups/offset-store.ts'
import { offsetsTopic } from '#server/broker/groups/offset-store.ts'
import type { Handlers } from '#server/broker/handlers/handler.ts'
import { logOf, topicOf } from '#server/broker/handlers/partitions.ts'
import type {
  TransactionalProducer,
  TransactionPartition,
} from '#server/broker/transactions/transaction-coordinator.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

interface AskedTopic {
  name: string
  partitions: readonly number[]
}

interface AskedTransaction extends TransactionalProducer {
  topics: readonly AskedTopic[]
  verifyOnly: boolean
}

/** From these versions on a request says that its producer gets a new epoch with every transaction (KIP-890). */
const version2From = { EndTxn: 5, TxnOffsetCommit: 5 } as const
/** From here on a client that commits offsets knows TRANSACTION_ABORTABLE. */
const knowsAbortableFrom = 4
/** The offsets of every group are in one partition. */
const offsetsPartition = { topic: offsetsTopic, partition: 0 }

/** What a transactional producer asks its coordinator, from the first partition to the end. */
export function transactions(broker: BrokerState) {
  const { topics, groups, clock, logger, limits } = broker
  const coordinator = broker.transactions

  /** Runs `action`; producers older than PRODUCER_FENCED know that error by its earlier name. */
  function codeFrom(action: () => void, knowsFenced = true): number {
    try {
      action()
      return 0
    } catch (error) {
      const { errorCode } = errorAnswer(error, logger)
      return errorCode === codeOf('PRODUCER_FENCED') && !knowsFenced ? codeOf('INVALID_PRODUCER_EPOCH') : errorCode
    }
  }

  const codeOfPartition = (name: string, partition: number) =>
    codeFrom(() => void logOf(topicOf(topics, { name }), partition))

  function addPartitions({ topics: asked, verifyOnly, ...producer }: AskedTransaction, version: number) {
    const partitions = asked.flatMap(({ name, partitions: ids }) =>
      ids.map((partition) => ({ topic: name, partition })),
    )
    const unknown = new Set(partitions.filter(({ topic, partition }) => codeOfPartition(topic, partition) !== 0))
    const verify = (one: TransactionPartition) => {
      if (!coordinator.hasPartition(producer, one)) throw new KafkaError('TRANSACTION_ABORTABLE')
    }
    // All or none, as Kafka: with one that is unknown the others are not attempted.
    const add = () => {
      if (unknown.size > 0) throw new KafkaError('OPERATION_NOT_ATTEMPTED')
      coordinator.addPartitions(producer, partitions, version >= 4 ? 2 : 0)
    }
    const forAll = verifyOnly ? 0 : codeFrom(add, version >= 2)
    return asked.map(({ name, partitions: ids }) => ({
      name,
      resultsByPartition: ids.map((partitionIndex) => {
        const own = codeOfPartition(name, partitionIndex)
        const verified =
          verifyOnly && own === 0 ? codeFrom(() => verify({ topic: name, partition: partitionIndex })) : 0
        return { partitionIndex, partitionErrorCode: own || verified || forAll }
      }),
    }))
  }

  return {
    AddPartitionsToTxn(request, { version }) {
      if (version < 4) {
        const { v3AndBelowTransactionalId, v3AndBelowProducerId, v3AndBelowProducerEpoch, v3AndBelowTopics } = request
        const producer = {
          transactionalId: v3AndBelowTransactionalId,
          producerId: v3AndBelowProducerId,
          epoch: v3AndBelowProducerEpoch,
        }
        const asked = { ...producer, topics: v3AndBelowTopics, verifyOnly: false }
        return { resultsByTopicV3AndBelow: addPartitions(asked, version) }
      }
      return {
        resultsByTransaction: request.transactions.map((asked) => ({
          transactionalId: asked.transactionalId,
          topicResults: addPartitions({ ...asked, epoch: asked.producerEpoch }, version),
        })),
      }
    },

    /** The group's offsets become a partition of the transaction; what is committed comes with TxnOffsetCommit. */
    AddOffsetsToTxn({ transactionalId, producerId, producerEpoch: epoch, groupId }, { version }) {
      if (groupId === '') return { errorCode: codeOf('INVALID_GROUP_ID') }
      const add = () => coordinator.addPartitions({ transactionalId, producerId, epoch }, [offsetsPartition], 0)
      return { errorCode: codeFrom(add, version >= 2) }
    },

    TxnOffsetCommit(request, { version }) {
      const { transactionalId, producerId, producerEpoch: epoch, groupId, generationId: generation } = request
      const producer = { transactionalId, producerId, epoch }
      const member = { memberId: request.memberId, instanceId: request.groupInstanceId, generation }
      const changes: OffsetChange[] = []

      function checkWhole() {
        if (groupId === '') throw new KafkaError('INVALID_GROUP_ID')
        const group = generation < 0 ? groups.findOrCreate(groupId) : groups.find(groupId)
        const refused = group ? group.mayCommitInTransaction(member, clock.monotonic()) : 'ILLEGAL_GENERATION'
        if (refused !== 'NONE') throw new KafkaError(refused)
        if (version >= version2From.TxnOffsetCommit) coordinator.addPartitions(producer, [offsetsPartition], 2)
        else if (!coordinator.hasPartition(producer, offsetsPartition)) {
          throw new KafkaError(version >= knowsAbortableFrom ? 'TRANSACTION_ABORTABLE' : 'INVALID_TXN_STATE')
        }
      }

      function checkOne(name: string, one: (typeof request.topics)[number]['partitions'][number]) {
        const metadata = one.committedMetadata ?? ''
        if (metadata.length > limits.maxOffsetMetadataBytes) return codeOf('OFFSET_METADATA_TOO_LARGE')
        const unknown = codeOfPartition(name, one.partitionIndex)
        if (unknown !== 0) return unknown
        const { committedOffset: offset, committedLeaderEpoch: leaderEpoch } = one
        const committed = { offset, leaderEpoch, metadata, timestamp: clock.now() }
        changes.push({ topic: name, partition: one.partitionIndex, committed })
        return 0
      }

      // As in Produce, a fencing has its earlier name in every version.
      let refused = codeFrom(checkWhole, false)
      const answered = request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((one) => ({
          partitionIndex: one.partitionIndex,
          errorCode: refused || checkOne(name, one),
        })),
      }))
      if (refused === 0) refused = codeFrom(() => groups.offsets.commitLater(groupId, changes, producer))
      if (refused === 0) return { topics: answered }
      return {
        topics: answered.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map((one) => ({ ...one, errorCode: one.errorCode || refused })),
        })),
      }
    },

    EndTxn({ transactionalId, producerId, producerEpoch, committed }, { version }) {
      const twoPhase = version >= version2From.EndTxn ? 2 : 0
      let next = { producerId: -1, producerEpoch: -1 }
      const errorCode = codeFrom(() => {
        const ended = coordinator.end({ transactionalId, producerId, epoch: producerEpoch }, committed, twoPhase)
        next = { producerId: ended.producerId, producerEpoch: ended.epoch }
      }, version >= 2)
      return twoPhase === 2 ? { errorCode, ...next } : { errorCode }
    },

    WriteTxnMarkers: ({ markers }) => ({
      markers: markers.map(
        ({ producerId, producerEpoch: epoch, transactionResult, coordinatorEpoch, topics: asked }) => ({
          producerId,
          topics: asked.map(({ name, partitionIndexes }) => ({
            name,
            partitions: partitionIndexes.map((partitionIndex) => ({
              partitionIndex,
              errorCode: codeFrom(() => {
                const log = logOf(topicOf(topics, { name }), partitionIndex)
                const marker = { producerId, epoch, committed: transactionResult, coordinatorEpoch }
                coordinator.writeMarker(marker, { topic: name, partition: partitionIndex }, log)
              }),
            })),
          })),
        }),
      ),
    }),
  } satisfies Handlers
}
