import type { RecordHeader } from '#server/protocol/batch-builder.ts'

/**
 * The record that a task works on, as its errors tell of it. It is asked only when something went wrong, and is one object
 * for as long as the same record is tried.
 */
export interface RecordAtHand {
  /** For logs: where it stands, never what it holds. */
  describe(): string
  /** As it lies in Kafka; a source's record does not. */
  consumed?(): ConsumedRecord
}

export interface ConsumedRecord {
  topic: string
  partition: number
  offset: number
  key: Uint8Array | null
  value: Uint8Array | null
  headers: readonly RecordHeader[]
  /** Milliseconds since the epoch; below zero when it has none. */
  timestamp: number
}
