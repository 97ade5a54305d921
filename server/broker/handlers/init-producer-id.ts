import type { BrokerState } from '#server/broker/broker-state.ts'
import { codeOf, errorAnswer } from '#server/broker/error-answer.ts'
import type { Handler } from '#server/broker/handlers/handler.ts'
import type { RequestOf } from '#server/protocol/codec.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/**
 * Ids for idempotent producers, and identities for transactional ones. An idempotent producer that asks again with its id
 * gets a new id: its old sequences end with the old one.
 */
export function initProducerId(broker: BrokerState): Handler<'InitProducerId'> {
  const { producerIds, transactions, limits, logger } = broker

  function identify(request: RequestOf<'InitProducerId'>): { producerId: number; producerEpoch: number } {
    const { transactionalId, producerId, producerEpoch, transactionTimeoutMs } = request
    if (producerId >= 0 !== producerEpoch >= 0) throw new KafkaError('INVALID_REQUEST')
    if (transactionalId === null) return { producerId: producerIds.next(), producerEpoch: 0 }
    if (transactionalId === '') throw new KafkaError('INVALID_REQUEST')
    // As a Kafka without transaction.two.phase.commit.enable, and one that keeps no prepared transactions.
    if (request.enable2Pc) throw new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    if (request.keepPreparedTxn) throw new KafkaError('UNSUPPORTED_VERSION')
    if (transactionTimeoutMs <= 0 || transactionTimeoutMs > limits.maxTransactionTimeoutMs) {
      throw new KafkaError('INVALID_TRANSACTION_TIMEOUT')
    }
    const asking = producerId < 0 ? undefined : { producerId, epoch: producerEpoch }
    const given = transactions.initialise(transactionalId, transactionTimeoutMs, asking)
    return { producerId: given.producerId, producerEpoch: given.epoch }
  }

  return (request, { version }) => {
    try {
      return { errorCode: 0, ...identify(request) }
    } catch (error) {
      const { errorCode } = errorAnswer(error, logger)
      const fenced = errorCode === codeOf('PRODUCER_FENCED')
      // Producers older than version 4 know a fencing by its earlier name.
      const code = fenced && version < 4 ? codeOf('INVALID_PRODUCER_EPOCH') : errorCode
      return { errorCode: code, producerId: -1, producerEpoch: -1 }
    }
  }
}
