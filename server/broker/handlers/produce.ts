import type { BrokerState } from '#server/broker/broker-state.ts'
import { codeOf, errorAnswer } from '#server/broker/error-answer.ts'
import type { Handler } from '#server/broker/handlers/handler.ts'
import { logOf, topicOf } from '#server/broker/handlers/partitions.ts'
import { prepareBatch } from '#server/broker/log/prepare-batch.ts'
import type { Topic } from '#server/broker/topics/topics.ts'

/** Each partition is written or refused by itself. */
export function produce(broker: BrokerState): Handler<'Produce'> {
  const { topics, clock, logger } = broker

  function append(topic: Topic, partition: number, records: Buffer | null) {
    const log = logOf(topic, partition)
    const batch = prepareBatch(records, topic.logConfig, clock.now())
    const { baseOffset } = log.append(batch)
    const logAppendTimeMs = batch.logAppendTime ? batch.maxTimestamp : -1
    return { index: partition, errorCode: 0, baseOffset, logAppendTimeMs, logStartOffset: log.startOffset }
  }

  function appendOrRefuse(given: { name: string; topicId: string }, partition: number, records: Buffer | null) {
    try {
      return append(topicOf(topics, given), partition, records)
    } catch (error) {
      return { index: partition, baseOffset: -1, ...errorAnswer(error, logger) }
    }
  }

  return (request) => {
    const acksAreValid = request.acks === -1 || request.acks === 0 || request.acks === 1
    const transactional = request.transactionalId !== null
    const responses = request.topicData.map(({ name, topicId, partitionData }) => ({
      name,
      topicId,
      partitionResponses: partitionData.map(({ index, records }) => {
        if (!acksAreValid) return { index, baseOffset: -1, errorCode: codeOf('INVALID_REQUIRED_ACKS') }
        if (transactional) return { index, baseOffset: -1, errorCode: codeOf('INVALID_TXN_STATE') }
        return appendOrRefuse({ name, topicId }, index, records)
      }),
    }))
    return request.acks === 0 ? undefined : { responses }
  }
}
