import type { Fields } from '#server/contract/config-field.ts'
import type { Closeable } from '#server/sdk/closeable.ts'
import type { ConnectionTester } from '#server/sdk/connection-tester.ts'
import { pluginKind } from '#server/sdk/connector.ts'
import type { TextBatch, TextColumn } from '#server/sdk/records.ts'
import type { Schema } from '#server/sdk/schema.ts'
import type { SchemaAndValue, Value } from '#server/sdk/value.ts'

/**
 * Where a converter puts the bytes of values, straight into the batch that will be sent. Every method answers false (or
 * -1) and writes nothing when the batch is full. Timestamps are milliseconds since the epoch.
 */
export interface RecordWriter {
  /** The memory behind the batch; `reserve` tells where to write. */
  readonly slab: Buffer
  /** A record whose value is `source[start, end)`. */
  appendText(timestamp: number, source: Buffer, start: number, end: number): boolean
  /** A record whose value is `prefix`, `source[start, end)`, `suffix`. */
  appendEnveloped(
    timestamp: number,
    prefix: Uint8Array,
    source: Buffer,
    start: number,
    end: number,
    suffix: Uint8Array,
  ): boolean
  /** Where up to `maxValueBytes` of a value may be written. */
  reserve(timestamp: number, key: Uint8Array | null, maxValueBytes: number): number
  /** Makes a record of the first `valueBytes` from the reserved place on. */
  commit(valueBytes: number): boolean
}

/** The values of consecutive records as they lie in a fetched batch. A length of -1 stands for null. */
export interface ByteColumn {
  readonly bytes: Buffer
  /** The records from `from` up to, not including, `to`. */
  readonly from: number
  readonly to: number
  readonly valueAt: Int32Array
  readonly valueLength: Int32Array
}

/** Turns values into the bytes of Kafka records and back. */
export interface Converter extends Closeable {
  /** null is a tombstone. Throws `DataError` for what cannot be represented. */
  fromConnectData(topic: string, schema: Schema | null, value: Value): Uint8Array | null
  toConnectData(topic: string, bytes: Uint8Array | null): SchemaAndValue
  /**
   * Writes texts from `from` on without making values of them; answers how many it wrote before the batch was full. What
   * it writes is exactly what `fromConnectData` makes of the same text under the schema STRING.
   */
  writeTexts?(batch: TextBatch, from: number, timestamp: number, writer: RecordWriter): number
  /** Whether `toConnectData` accepts any bytes, so that a key nobody looks at need not be read. */
  readonly total?: boolean
  /** Tries what it needs, as a schema registry, before it is used; its steps fail the test of a config (`testConnection` of connectors). */
  testConnection?(tester: ConnectionTester): Promise<void>
  /** Reads values as texts; undefined when one of them is none, and then `toConnectData` tells. */
  readTexts?(column: ByteColumn): TextColumn | undefined
}

/** The same for headers (Kafka: `HeaderConverter`). */
export interface HeaderConverter extends Closeable {
  fromConnectHeader(topic: string, name: string, schema: Schema | null, value: Value): Uint8Array | null
  toConnectHeader(topic: string, name: string, bytes: Uint8Array | null): SchemaAndValue
  /** Whether `toConnectHeader` accepts any bytes. */
  readonly total?: boolean
}

/** Settings of a converter: its own keys without the prefix, `converter.type` among them. */
export type ConverterConfig = Readonly<Record<string, string>>

export interface ConverterDefinition {
  class: string
  version: string
  config: Fields
  /** Which of the two it can be. */
  converter?: (config: ConverterConfig, isKey: boolean) => Converter
  headerConverter?: (config: ConverterConfig) => HeaderConverter
  /** In place of `converter`, for one whose code is large: it is loaded when the first task wants it. */
  loadConverter?: (config: ConverterConfig, isKey: boolean) => Promise<Converter>
}

export type ConverterPlugin = ConverterDefinition & { readonly [pluginKind]: 'converter' }

export const defineConverter = (definition: ConverterDefinition): ConverterPlugin => ({
  ...definition,
  [pluginKind]: 'converter',
})

/** A converter serves as header converter, as most of Kafka's do. */
export const asHeaderConverter = (converter: Converter): HeaderConverter => ({
  fromConnectHeader: (topic, _name, schema, value) => converter.fromConnectData(topic, schema, value),
  toConnectHeader: (topic, _name, bytes) => converter.toConnectData(topic, bytes),
  ...(converter.total && { total: true }),
  ...(converter.close && { close: () => converter.close?.() }),
})
