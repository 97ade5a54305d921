import type { ConnectorConfig } from '#server/contract/connector.ts'

/** What is asked of a preview: a config that need not be saved, and the records to try it on. */
export interface PreviewRequest {
  config: ConnectorConfig
  /** At most this many records, 1 to `mostPreviewed`. */
  limit: number
  /** In place of records that are read: from a sink's topics, or from the source. */
  records?: readonly GivenRecord[]
}

export const mostPreviewed = 100
export const usuallyPreviewed = 20

/**
 * A record by hand. For a sink its texts are the bytes that lie in Kafka; for a source they are JSON, with a schema where they
 * have the envelope of Kafka Connect's JsonConverter.
 */
export interface GivenRecord {
  topic?: string
  key?: string | null
  value?: string | null
  headers?: readonly { name: string; value: string | null }[]
  /** Milliseconds since the epoch. */
  timestamp?: number | null
}

/** What a config makes of some records, step by step. Nothing was written, and no offset was stored. */
export interface Preview {
  records: PreviewedRecord[]
  /** Why there are no records, or fewer than there could be. */
  problem?: string
  /** What becomes of a record that fails: the task fails (`none`), or the record is left out (`all`). */
  tolerance: 'none' | 'all'
}

export interface PreviewedRecord {
  /** Where it was read: a place in Kafka, or the source's own; absent for a record by hand. */
  origin?: string
  outcome: 'kept' | 'dropped' | 'failed'
  steps: PreviewStep[]
}

export interface PreviewStep {
  /** `read`, then each transform by its alias, for a source `written` at the end. */
  name: string
  /** The plugin at work: a converter, a transform, or the source. */
  class: string
  /** `passed`: the transform's predicate left the record out of it. */
  outcome: 'made' | 'changed' | 'unchanged' | 'passed' | 'dropped' | 'failed'
  /** The record after this step, where it made or changed one. */
  record?: RecordFace
  error?: { message: string; trace: string }
}

/** A record for the eyes of a person. */
export interface RecordFace {
  topic: string
  partition: number | null
  timestamp: number | null
  key: ValueFace
  value: ValueFace
  headers: ({ name: string } & ValueFace)[]
}

export interface ValueFace {
  /** JSON in which no number is rounded and moments are ISO 8601; bytes as UTF-8, or else base64. null: no value. */
  text: string | null
  form: 'json' | 'text' | 'base64'
  /** The schema as JsonConverter writes it. */
  schema: string | null
  /** Characters that were left out at the end of `text`. */
  cut?: number
}
