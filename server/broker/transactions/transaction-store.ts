import { internalBatches, internalLog } from '#server/broker/topics/internal-log.ts'
import type { Topics } from '#server/broker/topics/topics.ts'
import type { Transaction } from '#server/broker/transactions/transaction.ts'
import {
  decodeTransaction,
  decodeTransactionKey,
  encodeTransaction,
  encodeTransactionKey,
} from '#server/broker/transactions/transaction-format.ts'
import type { Clock } from '#server/contract/clock.ts'
import { encodeBatch, readBatches } from '#server/protocol/record-batch.ts'

const topicName = '__transaction_state'

/** What is known of every transactional id, in memory for reading and in a compacted log for good. */
export interface TransactionStore {
  get(transactionalId: string): Transaction | undefined
  all(): ReadonlyMap<string, Transaction>
  /** Written before this returns; null forgets the id. */
  save(transactionalId: string, transaction: Transaction | null): void
}

export function openTransactionStore(topics: Topics, clock: Clock): TransactionStore {
  const known = new Map<string, Transaction>()
  for (const batch of internalBatches(topics, topicName)) {
    const index = batch.index()
    for (let record = 0; record < index.count; record++) {
      const id = decodeTransactionKey(index.key(record) ?? Buffer.alloc(0))
      const value = index.value(record)
      if (id === undefined) continue
      if (value) known.set(id, decodeTransaction(value))
      else known.delete(id)
    }
  }

  return {
    get: (transactionalId) => known.get(transactionalId),
    all: () => known,
    save(transactionalId, transaction) {
      const value = transaction && encodeTransaction(transaction)
      const batches = encodeBatch([{ key: encodeTransactionKey(transactionalId), value }], { timestamp: clock.now() })
      for (const batch of readBatches(batches, { verifyCrc: false })) internalLog(topics, topicName).append(batch)
      if (transaction) known.set(transactionalId, transaction)
      else known.delete(transactionalId)
    },
  }
}
