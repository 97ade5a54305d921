import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { SinkBatch, SinkRecord, TopicPartition } from '#server/sdk/records.ts'

/** What a sink task is given when it starts. */
export interface SinkTaskContext {
  readonly connector: string
  readonly task: number
  readonly clock: Clock
  readonly logger: Logger
  /** Stops deliveries of these partitions until `resume`. */
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  /** Continues at another offset with the next delivery. */
  seek(partition: TopicPartition, offset: number): void
  /** The longest wait until the next `put`, once: a batch that was refused as retriable comes again after it. */
  timeout(ms: number): void
  /** Asks for a commit with the next delivery. */
  requestCommit(): void
  /**
   * Reports a record that the sink cannot take, and the task goes on without it (KIP-610). Resolves when its dead letter is
   * durable; nobody has to wait for that, since no offset is committed before. Throws where `errors.tolerance` is `none`.
   * Absent when the connector has neither a dead letter queue nor `errors.log.enable`.
   */
  reportErrant?(record: SinkRecord, error: unknown): Promise<void>
}

/** A topic partition and the offset after the last record that counts. */
export interface PartitionOffset extends TopicPartition {
  readonly offset: number
}

/** Writes to a system. The runner calls one method at a time. `stop` is the disposal: it comes last, and once. */
export interface SinkTask extends AsyncDisposable {
  /** Whether `put` uses `slice.texts()`; without it no texts are made. */
  readonly takesTexts?: boolean
  start?(): Promise<void> | void
  /** New partitions, before their first record. */
  open?(partitions: readonly TopicPartition[]): Promise<void> | void
  /**
   * Takes records, also an empty batch now and then. Throwing a `RetriableError` brings the same batch again; any other
   * error fails the task.
   */
  put(batch: SinkBatch): Promise<void> | void
  /** Makes everything that was put durable. */
  flush?(offsets: readonly PartitionOffset[]): Promise<void> | void
  /** What may be committed; in place of `flush` for a sink that keeps its own book. Empty: nothing yet. */
  preCommit?(offsets: readonly PartitionOffset[]): Promise<readonly PartitionOffset[]> | readonly PartitionOffset[]
  /** Partitions that are taken away, after their last commit. */
  close?(partitions: readonly TopicPartition[]): Promise<void> | void
}
