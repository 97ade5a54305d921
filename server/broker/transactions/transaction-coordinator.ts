import { createDeadlineTimer } from '#server/broker/deadline-timer.ts'
import { type EndTxnMarker, encodeEndTxnMarker } from '#server/broker/log/end-txn-marker.ts'
import type { PartitionLog } from '#server/broker/log/partition-log.ts'
import type { Topics } from '#server/broker/topics/topics.ts'
import {
  addPartitions,
  complete,
  deadlineOf,
  fence,
  firstTransaction,
  hasPartition,
  initialise,
  isCurrent,
  isPreparing,
  type ProducerIdentity,
  prepareEnd,
  type Transaction,
} from '#server/broker/transactions/transaction.ts'
import { openTransactionStore } from '#server/broker/transactions/transaction-store.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** Whose transaction a request is about. */
export interface TransactionalProducer extends ProducerIdentity {
  transactionalId: string
}

export interface TransactionPartition {
  topic: string
  partition: number
}

/**
 * The transactions of all producers (Kafka: TransactionCoordinator). What a call decides is in the log before it returns,
 * markers included: there is one node, and nothing to wait for. Every function throws KafkaError in Kafka's words.
 */
export interface TransactionCoordinator {
  all(): ReadonlyMap<string, Transaction>
  /**
   * Gives a producer its epoch, and ends what an earlier one of the same id left open. `asking` is the identity that the
   * producer has already, if any.
   */
  initialise(transactionalId: string, timeoutMs: number, asking: ProducerIdentity | undefined): Transaction
  /** `version` 2 stands for producers that get a new epoch with every transaction (KIP-890). */
  addPartitions(producer: TransactionalProducer, partitions: TransactionPartition[], version: 0 | 2): void
  hasPartition(producer: TransactionalProducer, partition: TransactionPartition): boolean
  /** The producer's identity from here on. */
  end(producer: TransactionalProducer, committed: boolean, version: 0 | 2): Transaction
  /** Ends whatever the producer has open in one partition, as the coordinator or an administrator says. */
  writeMarker(marker: EndTxnMarker, partition: TransactionPartition, log: PartitionLog): void
  /** Forgets ids that were not used for `transactional.id.expiration.ms`. */
  expire(): void
  close(): void
}

export interface TransactionCoordinatorOptions {
  topics: Topics
  /** Is told of the end of a transaction in the topic that keeps the offsets of groups. */
  offsets: { topic: string; endTransaction(producerId: number, committed: boolean): void }
  newProducerId: () => number
  /** `transactional.id.expiration.ms` */
  expirationMs: number
  clock: Clock
  logger: Logger
}

const coordinatorEpoch = 0
const retryEveryMs = 1000

/** When the coordinator has to end the transaction: at once when that was decided and not finished. */
const dueAt = (transaction: Transaction) =>
  isPreparing(transaction) ? 0 : (deadlineOf(transaction) ?? Number.POSITIVE_INFINITY)

export function createTransactionCoordinator(options: TransactionCoordinatorOptions): TransactionCoordinator {
  const { topics, offsets, newProducerId, clock, logger } = options
  const store = openTransactionStore(topics, clock)
  const timer = createDeadlineTimer(clock, clock.now, nearestDeadline, endOverdue)
  let retryAt = 0

  function nearestDeadline(): number | undefined {
    let nearest = Number.POSITIVE_INFINITY
    for (const transaction of store.all().values()) nearest = Math.min(nearest, dueAt(transaction))
    return nearest === Number.POSITIVE_INFINITY ? undefined : Math.max(nearest, retryAt)
  }

  function endOverdue() {
    const now = clock.now()
    for (const [id, transaction] of store.all()) {
      if (dueAt(transaction) > now) continue
      if (!isPreparing(transaction)) {
        logger.info(`aborts the transaction of ${id}, which was open for longer than ${transaction.timeoutMs} ms`)
      }
      try {
        finish(id, isPreparing(transaction) ? transaction : fence(transaction, now))
      } catch (error) {
        logger.error(`the transaction of ${id} cannot be ended; it is tried again`, { error })
        retryAt = now + retryEveryMs
      }
    }
  }

  /** Kafka's order: the decision, then a marker in every partition, then the end. After a crash the decision is carried out. */
  function finish(id: string, prepared: Transaction): Transaction {
    if (store.get(id) !== prepared) store.save(id, prepared)
    const { producerId, epoch, state } = prepared
    const marker = { producerId, epoch, committed: state === 'PrepareCommit', coordinatorEpoch }
    for (const [topic, partitions] of prepared.partitions) {
      for (const partition of partitions) {
        // A topic may have been deleted meanwhile.
        const log = topics.byName(topic)?.partitions[partition]
        if (log) coordinator.writeMarker(marker, { topic, partition }, log)
      }
    }
    const ended = complete(prepared, clock.now())
    store.save(id, ended)
    return ended
  }

  const coordinator: TransactionCoordinator = {
    all: () => store.all(),
    initialise(transactionalId, timeoutMs, asking) {
      const now = clock.now()
      const known = store.get(transactionalId)
      if (!known) {
        const first = firstTransaction(newProducerId(), timeoutMs, now)
        store.save(transactionalId, first)
        return first
      }
      const ask = { timeoutMs, now, newProducerId }
      if (known.state !== 'Ongoing') {
        const next = initialise(known, asking, ask)
        store.save(transactionalId, next)
        return next
      }
      if (asking && !isCurrent(known, asking)) throw new KafkaError('PRODUCER_FENCED')
      const ended = finish(transactionalId, fence(known, now))
      const next = { ...initialise(ended, undefined, ask), previousEpoch: asking?.epoch ?? -1 }
      store.save(transactionalId, next)
      return next
    },
    addPartitions({ transactionalId, ...producer }, partitions, version) {
      const known = store.get(transactionalId)
      const next = addPartitions(known, producer, partitions, { version, now: clock.now() })
      if (next === known) return
      store.save(transactionalId, next)
      timer.rearm()
    },
    hasPartition({ transactionalId, ...producer }, { topic, partition }) {
      return hasPartition(store.get(transactionalId), producer, topic, partition)
    },
    end({ transactionalId, ...producer }, committed, version) {
      const known = store.get(transactionalId)
      const prepared = prepareEnd(known, producer, { committed, version, now: clock.now(), newProducerId })
      return prepared === known ? prepared : finish(transactionalId, prepared)
    },
    writeMarker(marker, { topic }, log) {
      log.append(encodeEndTxnMarker(marker, clock.now()))
      if (topic === offsets.topic) offsets.endTransaction(marker.producerId, marker.committed)
    },
    expire() {
      const before = clock.now() - options.expirationMs
      for (const [id, { state, updatedAt }] of store.all()) {
        if (state !== 'Ongoing' && updatedAt < before) store.save(id, null)
      }
    },
    close: () => timer.close(),
  }

  // I13: what was decided before a crash is carried out after it.
  endOverdue()
  timer.rearm()
  return coordinator
}
