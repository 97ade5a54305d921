import { ByteSink } from '#server/converters/registry/byte-sink.ts'
import type { RegistryFormat } from '#server/converters/registry/registry-format.ts'
import type { SchemaAndValue } from '#server/sdk/value.ts'

/** A value there and back under its own schema, without a registry: what would be registered, and the bytes behind the id. */
export function throughFormat<Parsed>(
  format: RegistryFormat<Parsed>,
  { schema, value }: SchemaAndValue,
): { text: string; bytes: Buffer; back: SchemaAndValue } {
  const text = format.describe(schema)
  const parsed = format.parse(text, new Map())
  const sink = new ByteSink()
  format.writer(schema, parsed)(value, sink)
  const bytes = sink.take()
  return { text, bytes, back: format.reader(parsed, undefined)(bytes, 0) }
}
