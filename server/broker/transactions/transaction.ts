import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** Kafka's names (org.apache.kafka.coordinator.transaction.TransactionState), as ListTransactions shows them. */
export const transactionStates = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
] as const

export type TransactionState = (typeof transactionStates)[number]

/** Partitions by topic. */
export type TransactionPartitions = ReadonlyMap<string, ReadonlySet<number>>

/** What is known of a transactional id; never changed, always replaced. Times are milliseconds. */
export interface Transaction {
  readonly state: TransactionState
  readonly producerId: number
  readonly epoch: number
  /** The id before `producerId` when that one ran out of epochs; -1 when there is none. */
  readonly previousProducerId: number
  /** The epoch before this one, when its producer asked for the new one by naming it; -1 otherwise. */
  readonly previousEpoch: number
  /** Takes the place of `producerId` when the transaction that is ending has ended; -1 when that one stays. */
  readonly nextProducerId: number
  readonly timeoutMs: number
  readonly partitions: TransactionPartitions
  /** -1 when no transaction is open. */
  readonly startedAt: number
  readonly updatedAt: number
  /** 2 for producers that get a new epoch with every transaction (KIP-890), else 0. */
  readonly version: 0 | 2
}

/** How a producer names itself. */
export interface ProducerIdentity {
  producerId: number
  epoch: number
}

const none = -1
/** One is kept back, so that a producer can always be fenced (Kafka: TransactionMetadata.isEpochExhausted). */
const lastEpoch = 32766
const noPartitions: TransactionPartitions = new Map()
const noneOpen = { partitions: noPartitions, startedAt: none } as const

const isExhausted = (epoch: number) => epoch >= lastEpoch
export const isPreparing = ({ state }: Transaction) => state === 'PrepareCommit' || state === 'PrepareAbort'

/** A producer that comes for the first time, or that is given a fresh id because its old one is used up. */
export function firstTransaction(producerId: number, timeoutMs: number, now: number): Transaction {
  return {
    ...{ state: 'Empty', producerId, epoch: 0, previousProducerId: none, previousEpoch: none, nextProducerId: none },
    ...{ timeoutMs, ...noneOpen, updatedAt: now, version: 0 },
  }
}

/**
 * The answer to InitProducerId when no transaction is open: the next epoch, or a new id when the epochs are used up. A
 * producer that repeats its question, because the answer was lost, gets the same answer (KIP-360). Throws
 * PRODUCER_FENCED to one that has been followed by another.
 */
export function initialise(
  transaction: Transaction,
  asking: ProducerIdentity | undefined,
  ask: { timeoutMs: number; now: number; newProducerId: () => number },
): Transaction {
  const { producerId, epoch, previousProducerId, previousEpoch } = transaction
  const common = { ...transaction, ...noneOpen, state: 'Empty', timeoutMs: ask.timeoutMs, updatedAt: ask.now } as const
  if (asking && !isCurrent(transaction, asking)) {
    const wasCurrent = asking.producerId === producerId || asking.producerId === previousProducerId
    if (wasCurrent && asking.epoch === previousEpoch) return common
    throw new KafkaError('PRODUCER_FENCED')
  }
  const next = { ...common, previousEpoch: asking ? epoch : none }
  if (!isExhausted(epoch)) return { ...next, epoch: epoch + 1 }
  return { ...next, producerId: ask.newProducerId(), epoch: 0, previousProducerId: producerId }
}

export const isCurrent = (transaction: Transaction, asking: ProducerIdentity): boolean =>
  asking.producerId === transaction.producerId && asking.epoch === transaction.epoch

function checkProducer(transaction: Transaction | undefined, producer: ProducerIdentity): Transaction {
  if (!transaction || transaction.producerId !== producer.producerId)
    throw new KafkaError('INVALID_PRODUCER_ID_MAPPING')
  if (transaction.epoch !== producer.epoch) throw new KafkaError('PRODUCER_FENCED')
  if (isPreparing(transaction)) throw new KafkaError('CONCURRENT_TRANSACTIONS')
  return transaction
}

/** Opens a transaction with its first partition. The transaction itself when nothing is new. */
export function addPartitions(
  current: Transaction | undefined,
  producer: ProducerIdentity,
  added: { topic: string; partition: number }[],
  { version, now }: { version: 0 | 2; now: number },
): Transaction {
  const transaction = checkProducer(current, producer)
  const open = transaction.state === 'Ongoing'
  const partitions = new Map(open ? transaction.partitions : noPartitions)
  const missing = added.filter(({ topic, partition }) => !partitions.get(topic)?.has(partition))
  if (open && missing.length === 0) return transaction
  for (const { topic, partition } of missing)
    partitions.set(topic, new Set([...(partitions.get(topic) ?? []), partition]))
  const startedAt = open ? transaction.startedAt : now
  return { ...transaction, state: 'Ongoing', partitions, startedAt, updatedAt: now, version }
}

/** Whether the producer's open transaction has the partition: nothing else may be written in its name. */
export function hasPartition(
  current: Transaction | undefined,
  producer: ProducerIdentity,
  topic: string,
  partition: number,
): boolean {
  const transaction = checkProducer(current, producer)
  return transaction.state === 'Ongoing' && transaction.partitions.get(topic)?.has(partition) === true
}

/**
 * The answer to EndTxn (Kafka: TransactionCoordinator.endTransaction). What comes back is either preparing, and then to
 * be completed, or the present state because the question is a repetition. From version 2 on the epoch moves on with
 * every end, so that nothing of the past can reach into the next transaction.
 */
export function prepareEnd(
  current: Transaction | undefined,
  producer: ProducerIdentity,
  ask: { committed: boolean; version: 0 | 2; now: number; newProducerId: () => number },
): Transaction {
  if (!current) throw new KafkaError('INVALID_PRODUCER_ID_MAPPING')
  const { committed, version } = ask
  const { state, producerId, epoch, previousProducerId } = current
  const overflowed = previousProducerId === producer.producerId && producer.epoch === lastEpoch && epoch === 0
  const ended = state === 'CompleteCommit' || state === 'CompleteAbort'
  const repeated =
    ended && version === 2 && (overflowed || (producerId === producer.producerId && epoch === producer.epoch + 1))
  if (producerId !== producer.producerId && !overflowed) throw new KafkaError('INVALID_PRODUCER_ID_MAPPING')
  if (epoch !== producer.epoch && !repeated) throw new KafkaError('PRODUCER_FENCED')
  if (isPreparing(current)) throw new KafkaError('CONCURRENT_TRANSACTIONS')

  if (state === 'Ongoing') return preparing(current, ask)
  const same = state === (committed ? 'CompleteCommit' : 'CompleteAbort')
  if (same && (repeated || version === 0)) return current
  // An abort of nothing is how a producer of version 2 gets away from an epoch that it is not sure of.
  if (!committed && version === 2 && !repeated) return preparing({ ...current, partitions: noPartitions }, ask)
  throw new KafkaError('INVALID_TXN_STATE', `${committed ? 'commit' : 'abort'} in state ${state}`)
}

function preparing(
  transaction: Transaction,
  { committed, version, now, newProducerId }: Parameters<typeof prepareEnd>[2],
): Transaction {
  const state = committed ? 'PrepareCommit' : 'PrepareAbort'
  const next = { ...transaction, state, updatedAt: now, version } as const
  if (version === 0) return next
  const { epoch } = transaction
  const nextProducerId = isExhausted(epoch) ? newProducerId() : none
  return { ...next, epoch: epoch + 1, previousEpoch: epoch, nextProducerId }
}

/** Aborts what a producer left open, in an epoch that nobody is given: the producer is fenced from here on. */
export function fence(transaction: Transaction, now: number): Transaction {
  return { ...transaction, state: 'PrepareAbort', epoch: transaction.epoch + 1, previousEpoch: none, updatedAt: now }
}

/** To be stored once every partition has its marker. */
export function complete(transaction: Transaction, now: number): Transaction {
  const state = transaction.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort'
  const ended = { ...transaction, ...noneOpen, state, updatedAt: now } as const
  const { nextProducerId, producerId } = transaction
  if (nextProducerId < 0) return ended
  return { ...ended, producerId: nextProducerId, epoch: 0, previousProducerId: producerId, nextProducerId: none }
}

/** When an open transaction is to be aborted; undefined when none is open. */
export const deadlineOf = ({ state, startedAt, timeoutMs }: Transaction): number | undefined =>
  state === 'Ongoing' ? startedAt + timeoutMs : undefined
