import type { BrokerState } from '#server/broker/broker-state.ts'
import { codeOf, errorAnswer } from '#server/broker/error-answer.ts'
import type { Handler } from '#server/broker/handlers/handler.ts'
import { logOf, topicOf } from '#server/broker/handlers/partitions.ts'
import { prepareBatch } from '#server/broker/log/prepare-batch.ts'
import { RejectedRecords } from '#server/broker/log/rejected-records.ts'
import type { Topic } from '#server/broker/topics/topics.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import type { BatchView } from '#server/protocol/record-batch.ts'

/** From here on producing is enough to make a partition part of the transaction (KIP-890). */
const addsPartitionsFrom = 12
/** From here on a client knows TRANSACTION_ABORTABLE. */
const knowsAbortableFrom = 11

/** Each partition is written or refused by itself. */
export function produce(broker: BrokerState): Handler<'Produce'> {
  const { topics, transactions, clock, logger } = broker

  /** I13: nothing is written in a producer's name outside of its open transaction. */
  function checkTransaction(
    { producerId, epoch }: BatchView,
    transactionalId: string | null,
    place: { topic: string; partition: number },
    version: number,
  ) {
    if (transactionalId === null) throw new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    const producer = { transactionalId, producerId, epoch }
    try {
      if (version >= addsPartitionsFrom) transactions.addPartitions(producer, [place], 2)
      else if (!transactions.hasPartition(producer, place)) {
        throw new KafkaError(version >= knowsAbortableFrom ? 'TRANSACTION_ABORTABLE' : 'INVALID_TXN_STATE')
      }
    } catch (error) {
      // Produce answers a fencing by its earlier name (KIP-588).
      if (error instanceof KafkaError && error.errorName === 'PRODUCER_FENCED') {
        throw new KafkaError('INVALID_PRODUCER_EPOCH')
      }
      throw error
    }
  }

  function append(
    topic: Topic,
    partition: number,
    records: Buffer | null,
    { transactionalId, version }: { transactionalId: string | null; version: number },
  ) {
    if (topic.internal) {
      throw new KafkaError('INVALID_TOPIC_EXCEPTION', `Cannot append to internal topic ${topic.name}`)
    }
    const log = logOf(topic, partition)
    const batch = prepareBatch(records, topic.logConfig, clock.now(), `${topic.name}-${partition}`)
    if (batch.transactional) checkTransaction(batch, transactionalId, { topic: topic.name, partition }, version)
    const { baseOffset } = log.append(batch)
    const logAppendTimeMs = batch.logAppendTime ? batch.maxTimestamp : -1
    return { index: partition, errorCode: 0, baseOffset, logAppendTimeMs, logStartOffset: log.startOffset }
  }

  return ({ acks, transactionalId, topicData }, { version }) => {
    const acksAreValid = acks === -1 || acks === 0 || acks === 1
    const responses = topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index, records }) => {
        if (!acksAreValid) return { index, baseOffset: -1, errorCode: codeOf('INVALID_REQUIRED_ACKS') }
        try {
          return append(topicOf(topics, { name, topicId }), index, records, { transactionalId, version })
        } catch (error) {
          const recordErrors = error instanceof RejectedRecords ? error.recordErrors : []
          return { index, baseOffset: -1, recordErrors: [...recordErrors], ...errorAnswer(error, logger) }
        }
      }),
    }))
    return acks === 0 ? undefined : { responses }
  }
}
