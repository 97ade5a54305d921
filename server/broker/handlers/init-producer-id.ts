import type { BrokerState } from '#server/broker/broker-state.ts'
import { codeOf } from '#server/broker/error-answer.ts'
import type { Handler } from '#server/broker/handlers/handler.ts'

/** Ids for idempotent producers. One that asks again with its id gets a new id: its old sequences end with the old one. */
export function initProducerId({ producerIds }: BrokerState): Handler<'InitProducerId'> {
  return ({ transactionalId, producerId, producerEpoch }) => {
    const refused = { producerId: -1, producerEpoch: -1 }
    // No transaction coordinator lives here, as FindCoordinator says.
    if (transactionalId !== null) return { ...refused, errorCode: codeOf('INVALID_REQUEST') }
    if (producerId >= 0 !== producerEpoch >= 0) return { ...refused, errorCode: codeOf('INVALID_REQUEST') }
    return { errorCode: 0, producerId: producerIds.next(), producerEpoch: 0 }
  }
}
