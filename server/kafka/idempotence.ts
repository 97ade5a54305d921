import { withRetries } from '#server/kafka/back-off.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** What the broker knows a producer by (KIP-98). */
export interface ProducerIdentity {
  producerId: number
  epoch: number
}

/** The identity of one idempotent producer; the sequence numbers belong to its partitions. */
export interface Idempotence {
  identity(): Promise<ProducerIdentity>
  /**
   * After a gap that cannot be closed (a batch was given up, or the broker forgot us) every partition starts again at
   * sequence 0 under a new epoch (KIP-360). Calls for an identity that was replaced already return the new one.
   */
  renew(after: ProducerIdentity): Promise<ProducerIdentity>
}

const withinMs = 60_000

export function createIdempotence(client: KafkaClient): Idempotence {
  let current: Promise<ProducerIdentity> | undefined
  let renewing: { after: ProducerIdentity; next: Promise<ProducerIdentity> } | undefined

  const init = () =>
    withRetries(client.clock, { withinMs }, async () => {
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
    identity: () => current ?? remember(init()),
    renew(after) {
      if (renewing?.after === after) return renewing.next
      const next = remember(init())
      renewing = { after, next }
      return next
    },
  }
}
