import { withRetries } from '#server/kafka/back-off.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** What the broker knows a producer by (KIP-98). */
export interface ProducerIdentity {
  producerId: number
  epoch: number
}

/** Who writes the batches of one producer; the sequence numbers belong to its partitions. */
export interface Idempotence {
  readonly transactionalId: string | null
  /** The newest Produce that means what this writer means; undefined for any. */
  readonly maxProduceVersion?: number | undefined
  /** The identity under which a batch for the partition may be sent now. */
  identity(topic: string, partition: number): Promise<ProducerIdentity>
  /**
   * After a gap that cannot be closed (a batch was given up, or the broker forgot us) a partition starts again at sequence
   * 0 under a new epoch (KIP-360), under which the broker refuses whatever of the old one is still on its way. Calls for
   * an identity that was replaced already return the new one. Undefined where a transaction must be aborted instead.
   */
  renew?(after: ProducerIdentity, why: KafkaError): Promise<ProducerIdentity>
}

const withinMs = 60_000
/** A signed 16-bit number on the wire. */
const lastEpoch = 32_767

export function createIdempotence(client: KafkaClient): Idempotence {
  let current: Promise<ProducerIdentity> | undefined
  let renewing: { after: ProducerIdentity; next: Promise<ProducerIdentity> } | undefined

  const onRetry = (why: Error, failures: number) => client.retrying('the request for a producer id', why, failures)
  const init = () =>
    withRetries(client.clock, { withinMs, delayMs: client.retryDelayMs, onRetry }, async () => {
      // Without a transactional id any broker hands out a fresh producer id, which starts at epoch 0.
      const answer = await client.call('InitProducerId', { transactionalId: null, transactionTimeoutMs: 60_000 }, 'any')
      if (answer.errorCode !== 0) throw KafkaError.of(answer.errorCode, 'InitProducerId')
      return { producerId: answer.producerId, epoch: answer.producerEpoch }
    })

  const remember = (identity: Promise<ProducerIdentity>) => {
    current = identity
    identity.catch(() => {
      if (current === identity) current = undefined // the next batch asks again
    })
    return identity
  }

  return {
    transactionalId: null,
    identity: () => current ?? remember(init()),
    renew(after, why) {
      if (renewing?.after === after) return renewing.next
      const epochCounts = why.errorName === 'OUT_OF_ORDER_SEQUENCE_NUMBER' || why.errorName === 'UNKNOWN_PRODUCER_ID'
      const next = remember(
        epochCounts && after.epoch < lastEpoch
          ? Promise.resolve({ producerId: after.producerId, epoch: after.epoch + 1 })
          : init(),
      )
      renewing = { after, next }
      return next
    },
  }
}
