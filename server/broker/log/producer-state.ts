import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** The part of a batch's header that says who wrote it and where in that writer's sequence it stands. */
export interface SequencedBatch {
  producerId: number
  epoch: number
  sequence: number
  count: number
  baseOffset: number
  maxTimestamp: number
}

interface AcceptedBatch {
  first: number
  last: number
  offset: number
  timestamp: number
}

interface ProducerEntry {
  epoch: number
  /** The last five, oldest first: as many as a producer may have in flight. */
  batches: AcceptedBatch[]
  lastSeen: number
}

export interface ActiveProducer {
  producerId: number
  epoch: number
  lastSequence: number
  lastTimestamp: number
}

/**
 * What one partition remembers of its idempotent producers (Kafka: ProducerStateManager). I3: a batch that is sent again
 * within the last five is answered with its first offset and not written twice; a gap in a sequence is refused.
 */
export interface ProducerState {
  /** The earlier answer when the batch is a repetition. Throws KafkaError when it must not be written. */
  check(batch: SequencedBatch): { duplicateOf: number; timestamp: number } | undefined
  accept(batch: SequencedBatch, now: number): void
  /** Forgets producers that wrote nothing since then. */
  expire(before: number): void
  active(): ActiveProducer[]
  toJSON(): unknown
}

const remembered = 5
const sequences = 2 ** 31

const lastOf = (first: number, count: number) => (first + count - 1) % sequences
const follows = (last: number, next: number) => next === (last + 1) % sequences

export function createProducerState(saved: unknown = []): ProducerState {
  const producers = new Map<number, ProducerEntry>(saved as [number, ProducerEntry][])

  return {
    check({ producerId, epoch, sequence, count }) {
      const known = producers.get(producerId)
      // Kafka takes any sequence of a producer it does not know: its entry may have expired.
      if (!known) return undefined
      if (epoch < known.epoch) {
        throw new KafkaError('INVALID_PRODUCER_EPOCH', `epoch ${epoch} of producer ${producerId}, now ${known.epoch}`)
      }
      if (epoch > known.epoch) {
        if (sequence === 0) return undefined
        throw new KafkaError('OUT_OF_ORDER_SEQUENCE_NUMBER', `epoch ${epoch} must start at 0, not at ${sequence}`)
      }
      const last = lastOf(sequence, count)
      const same = known.batches.find((batch) => batch.first === sequence && batch.last === last)
      if (same) return { duplicateOf: same.offset, timestamp: same.timestamp }
      const newest = known.batches.at(-1)
      if (newest && !follows(newest.last, sequence)) {
        const detail = `producer ${producerId} sent ${sequence} after ${newest.last}`
        throw new KafkaError('OUT_OF_ORDER_SEQUENCE_NUMBER', detail)
      }
      return undefined
    },
    accept({ producerId, epoch, sequence, count, baseOffset, maxTimestamp }, now) {
      const known = producers.get(producerId)
      const batch = { first: sequence, last: lastOf(sequence, count), offset: baseOffset, timestamp: maxTimestamp }
      const earlier = known?.epoch === epoch ? known.batches.slice(1 - remembered) : []
      producers.set(producerId, { epoch, batches: [...earlier, batch], lastSeen: now })
    },
    expire(before) {
      for (const [id, { lastSeen }] of producers) if (lastSeen < before) producers.delete(id)
    },
    active: () =>
      [...producers].map(([producerId, { epoch, batches, lastSeen }]) => ({
        producerId,
        epoch,
        lastSequence: batches.at(-1)?.last ?? -1,
        lastTimestamp: lastSeen,
      })),
    toJSON: () => [...producers],
  }
}
