import type { SourceRecord } from '#server/sdk/records.ts'

/**
 * Where a source task says which records belong together, when its connector runs with `transaction.boundary=connector`
 * on a worker with exactly-once support (KIP-618; Kafka: `TransactionContext`). What is asked for inside `poll` counts for
 * the batch that this poll returns.
 */
export interface TransactionContext {
  /** The transaction ends with this record of the batch, or, without one, with the whole batch. */
  commitTransaction(record?: SourceRecord): void
  /**
   * Nobody ever sees what the transaction holds, up to and with this record, or with the whole batch. Its offsets are
   * stored all the same, so that the task does not read it again.
   */
  abortTransaction(record?: SourceRecord): void
}
