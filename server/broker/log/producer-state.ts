import type { EndTxnMarker } from '#server/broker/log/end-txn-marker.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** The part of a batch's header that says who wrote it and where in that writer's sequence it stands. */
export interface SequencedBatch {
  producerId: number
  epoch: number
  /** -1 in what the broker itself writes in a producer's name (the offsets of a transaction). */
  sequence: number
  transactional: boolean
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
  /** Of the last marker; -1 before the first. */
  coordinatorEpoch: number
  /** The first offset of the transaction that is open; -1 when none is. */
  openSince: number
}

export interface ActiveProducer {
  producerId: number
  epoch: number
  lastSequence: number
  lastTimestamp: number
  coordinatorEpoch: number
  /** -1 when no transaction is open. */
  currentTxnStartOffset: number
}

/**
 * What one partition remembers of its idempotent producers (Kafka: ProducerStateManager). I3: a batch that is sent again
 * within the last five is answered with its first offset and not written twice; a gap in a sequence is refused.
 */
export interface ProducerState {
  /** The earlier answer when the batch is a repetition. Throws KafkaError when it must not be written. */
  check(batch: SequencedBatch): { duplicateOf: number; timestamp: number } | undefined
  accept(batch: SequencedBatch, now: number): void
  /** Throws INVALID_PRODUCER_EPOCH or TRANSACTION_COORDINATOR_FENCED for a marker of the past. */
  checkMarker(marker: EndTxnMarker): void
  /** Ends the producer's transaction and returns its first offset; undefined when it wrote nothing here. */
  end(marker: EndTxnMarker, now: number): number | undefined
  /** The first offset of the oldest transaction that is open. */
  firstUndecided(): number | undefined
  /** Forgets producers that wrote nothing since then and have no transaction open. */
  expire(before: number): void
  active(): ActiveProducer[]
  toJSON(): unknown
}

const remembered = 5
const sequences = 2 ** 31

const lastOf = (first: number, count: number) => (first + count - 1) % sequences
const follows = (last: number, next: number) => next === (last + 1) % sequences

const repeated = ({ batches }: ProducerEntry, first: number, last: number) =>
  batches.find((batch) => batch.first === first && batch.last === last)

function checkSequence(
  known: ProducerEntry,
  { producerId, epoch, sequence }: Pick<SequencedBatch, 'producerId' | 'epoch' | 'sequence'>,
) {
  if (epoch > known.epoch) {
    if (sequence === 0) return
    throw new KafkaError('OUT_OF_ORDER_SEQUENCE_NUMBER', `epoch ${epoch} must start at 0, not at ${sequence}`)
  }
  const newest = known.batches.at(-1)
  if (newest && !follows(newest.last, sequence)) {
    const detail = `producer ${producerId} sent ${sequence} after ${newest.last}`
    throw new KafkaError('OUT_OF_ORDER_SEQUENCE_NUMBER', detail)
  }
}

export function createProducerState(saved: unknown = []): ProducerState {
  const producers = new Map<number, ProducerEntry>(saved as [number, ProducerEntry][])
  /** First offsets by producer, the oldest first: offsets only grow. */
  const open = new Map(
    [...producers]
      .filter(([, { openSince }]) => openSince >= 0)
      .map(([id, { openSince }]) => [id, openSince] as const)
      .sort(([, a], [, b]) => a - b),
  )

  return {
    check({ producerId, epoch, sequence, transactional, count }) {
      const known = producers.get(producerId)
      // Kafka takes any sequence of a producer it does not know: its entry may have expired.
      if (!known) return undefined
      if (epoch < known.epoch) {
        throw new KafkaError('INVALID_PRODUCER_EPOCH', `epoch ${epoch} of producer ${producerId}, now ${known.epoch}`)
      }
      const same = epoch === known.epoch && sequence >= 0 && repeated(known, sequence, lastOf(sequence, count))
      if (same) return { duplicateOf: same.offset, timestamp: same.timestamp }
      if (sequence >= 0) checkSequence(known, { producerId, epoch, sequence })
      // In Kafka's order: a batch that is wrong in both is refused for its sequence.
      if (known.openSince >= 0 && !transactional) {
        throw new KafkaError('INVALID_TXN_STATE', `producer ${producerId} has a transaction open`)
      }
      return undefined
    },
    accept({ producerId, epoch, sequence, transactional, count, baseOffset, maxTimestamp }, now) {
      const known = producers.get(producerId)
      const earlier = known?.epoch === epoch ? known.batches : []
      const batch = { first: sequence, last: lastOf(sequence, count), offset: baseOffset, timestamp: maxTimestamp }
      const batches = sequence < 0 ? earlier : [...earlier.slice(1 - remembered), batch]
      let openSince = known?.openSince ?? -1
      if (transactional && openSince < 0) {
        openSince = baseOffset
        open.set(producerId, baseOffset)
      }
      producers.set(producerId, {
        ...{ epoch, batches, lastSeen: now, coordinatorEpoch: known?.coordinatorEpoch ?? -1, openSince },
      })
    },
    checkMarker({ producerId, epoch, coordinatorEpoch }) {
      const known = producers.get(producerId)
      if (!known) return
      if (epoch < known.epoch) {
        throw new KafkaError('INVALID_PRODUCER_EPOCH', `epoch ${epoch} of producer ${producerId}, now ${known.epoch}`)
      }
      if (coordinatorEpoch < known.coordinatorEpoch) throw new KafkaError('TRANSACTION_COORDINATOR_FENCED')
    },
    end({ producerId, epoch, coordinatorEpoch }, now) {
      const known = producers.get(producerId)
      const batches = known?.epoch === epoch ? known.batches : []
      producers.set(producerId, { epoch, batches, lastSeen: now, coordinatorEpoch, openSince: -1 })
      const first = open.get(producerId)
      open.delete(producerId)
      return first
    },
    firstUndecided: () => open.values().next().value,
    expire(before) {
      for (const [id, { lastSeen, openSince }] of producers) {
        if (lastSeen < before && openSince < 0) producers.delete(id)
      }
    },
    active: () =>
      [...producers].map(([producerId, { epoch, batches, lastSeen, coordinatorEpoch, openSince }]) => ({
        producerId,
        epoch,
        lastSequence: batches.at(-1)?.last ?? -1,
        lastTimestamp: lastSeen,
        coordinatorEpoch,
        currentTxnStartOffset: openSince,
      })),
    toJSON: () => [...producers],
  }
}
