import type { Schema } from '#server/sdk/schema.ts'
import { plain } from '#server/sdk/schema.ts'
import type { Header, Value } from '#server/sdk/value.ts'

/**
 * A place in the source system, and how far it was read. Both are small JSON objects of primitives; the bytes of a
 * partition are its identity, so a connector always writes its keys in the same order.
 */
export type OffsetMap = Readonly<Record<string, string | number | boolean | null>>

/** A record on its way to Kafka. */
export interface SourceRecord {
  /** null for both: the source keeps no offset (standard input, say). */
  readonly sourcePartition: OffsetMap | null
  readonly sourceOffset: OffsetMap | null
  readonly topic: string
  /** The partition of the topic; null leaves it to the key. */
  readonly partition?: number | null
  readonly keySchema?: Schema | null
  readonly key?: Value
  readonly valueSchema?: Schema | null
  readonly value: Value
  /** Milliseconds since the epoch; null takes the time of sending. */
  readonly timestamp?: number | null
  readonly headers?: readonly Header[]
}

/**
 * Many records at once whose values are texts lying in one buffer: one topic, one source partition, no keys, no headers.
 * Converters copy the bytes on without ever making a string of them. The values have the schema STRING.
 */
export interface TextBatch {
  readonly kind: 'text'
  readonly topic: string
  readonly sourcePartition: OffsetMap | null
  /** When the texts were read, in milliseconds since the epoch; absent: when they are sent. */
  readonly timestamp?: number
  /**
   * UTF-8, not checked: whoever reads it turns what is invalid into U+FFFD. No text begins or ends inside a character.
   * The buffer belongs to the task: it may be used again by the next poll.
   */
  readonly bytes: Buffer
  readonly count: number
  /** Text `i` is `bytes[starts[i], ends[i])`. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** The source offset after text `i`. */
  offsetAt(i: number): OffsetMap | null
}

/** What a `poll` brings. */
export type SourceBatch = readonly SourceRecord[] | TextBatch

export const isTextBatch = (batch: SourceBatch): batch is TextBatch => 'kind' in batch

/** Text `i` as a record of its own, for whoever needs records. */
export function textRecord(batch: TextBatch, i: number): SourceRecord {
  return {
    sourcePartition: batch.sourcePartition,
    sourceOffset: batch.offsetAt(i),
    topic: batch.topic,
    valueSchema: plain.string,
    value: batch.bytes.toString('utf8', batch.starts[i], batch.ends[i]),
    timestamp: batch.timestamp ?? null,
  }
}

/** A record on its way out of Kafka. */
export interface SinkRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly keySchema: Schema | null
  readonly key: Value
  readonly valueSchema: Schema | null
  readonly value: Value
  /** Milliseconds since the epoch; null when the record has none. */
  readonly timestamp: number | null
  readonly timestampType: 'CreateTime' | 'LogAppendTime' | 'NoTimestampType'
  readonly headers: readonly Header[]
  /** Where the record was read, when a transform gave it another topic or partition (KIP-793): offsets are kept there. */
  readonly origin?: TopicPartition & { readonly offset: number }
}

/**
 * Texts that lie one behind the other, each followed by a line feed: text `i` is `bytes[starts[i], ends[i])`, and
 * `bytes[ends[i]]` is the line feed. Texts are valid UTF-8; byte arrays stand as they are.
 */
export interface TextColumn {
  readonly bytes: Buffer
  readonly count: number
  readonly starts: Int32Array
  readonly ends: Int32Array
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Consecutive records of one topic partition. Records are made one by one, when they are asked for. */
export interface SinkSlice extends TopicPartition {
  readonly count: number
  readonly firstOffset: number
  /** The offset after the last record. */
  readonly nextOffset: number
  record(i: number): SinkRecord
  /**
   * All values as texts, when every value is a text or a byte array that is one and nothing else has to be looked at;
   * undefined otherwise, and then `record` tells. Whoever uses it needs no record at all.
   */
  texts(): TextColumn | undefined
}

/** What a `put` is given: the records of one poll, in order per topic partition. May be empty. */
export interface SinkBatch extends Iterable<SinkRecord> {
  readonly count: number
  readonly slices: readonly SinkSlice[]
}

/** Builds a batch; iterating walks every slice. */
export function sinkBatch(slices: readonly SinkSlice[]): SinkBatch {
  return {
    slices,
    count: slices.reduce((sum, slice) => sum + slice.count, 0),
    *[Symbol.iterator]() {
      for (const slice of slices) for (let i = 0; i < slice.count; i++) yield slice.record(i)
    },
  }
}
