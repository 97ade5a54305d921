import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { OffsetMap, SourceBatch, SourceRecord } from '#server/sdk/records.ts'
import type { TransactionContext } from '#server/sdk/transaction-context.ts'

/** What a source task is given when it starts. */
export interface SourceTaskContext {
  readonly connector: string
  readonly task: number
  readonly clock: Clock
  readonly logger: Logger
  /** The stored offset of each partition, null where none is stored. */
  offsets(partitions: readonly OffsetMap[]): Promise<(OffsetMap | null)[]>
  /** Present where the connector runs with `transaction.boundary=connector` and exactly-once support. */
  readonly transactionContext?: TransactionContext
}

/** Where an acknowledged record went. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
}

/**
 * Reads from a system. The runner calls one method at a time, but `commit` and `commitRecord`, which may come while a
 * `poll` waits. `stop` is the disposal: it comes last, and once.
 */
export interface SourceTask extends AsyncDisposable {
  start?(): Promise<void> | void
  /**
   * The next records, or null when there are none. A poll without data waits for some and never spins; a wait ends early,
   * with null, when `signal` aborts, and the next poll goes on where this one stopped.
   */
  poll(signal: AbortSignal): Promise<SourceBatch | null>
  /** Offsets up to here are stored: what lies before may be forgotten in the source. */
  commit?(): Promise<void> | void
  /** A record is in Kafka, or was filtered or skipped (then `metadata` is null). Costs an object a record: only for who needs it. */
  commitRecord?(record: SourceRecord, metadata: RecordMetadata | null): Promise<void> | void
}
