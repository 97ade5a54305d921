import type { ByteSink } from '#server/converters/registry/byte-sink.ts'
import type { SchemaKind } from '#server/converters/registry/registered-schema.ts'
import type { Schema } from '#server/sdk/schema.ts'
import type { SchemaAndValue, Value } from '#server/sdk/value.ts'

/** A schema language with its bytes, and how Connect's schemas and values look in it. Every function throws `DataError`. */
export interface RegistryFormat<Parsed> {
  kind: SchemaKind
  /** Whether a null under a schema is a value like others; else it is a tombstone. */
  writesNull?: boolean
  /** How a converter's messages begin. */
  messages: { write: (topic: string) => string; read: (topic: string) => string }
  /** Reads a registered schema. `references` holds the texts of those that it uses, by name. */
  parse(text: string, references: ReadonlyMap<string, string>): Parsed
  /** The name that subject strategies go by, for a record. */
  recordName(parsed: Parsed): string | undefined
  /** The text to register for a Connect schema. */
  describe(schema: Schema | null): string
  /** Whether what was written under `written` may be read under `latest`; without it, `writer` tells. */
  checkCompatible?(latest: Parsed, written: Parsed): void
  /** Writes the values of a Connect schema under a registered one. */
  writer(schema: Schema | null, parsed: Parsed): (value: Value, to: ByteSink) => void
  /** Reads what was written under a schema, from `at` on. `version` is what the subject counts it as. */
  reader(parsed: Parsed, version: number | undefined): (bytes: Buffer, at: number) => SchemaAndValue
}
