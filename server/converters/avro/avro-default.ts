import { quoteAvro } from '#server/converters/avro/quote-avro.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { doubleText, floatText } from '#server/sdk/java-number.ts'
import { logicalOf } from '#server/sdk/logical.ts'
import { dateDays, decimalBytes, timeMs, timestampMs } from '#server/sdk/logical-value.ts'
import type { Schema } from '#server/sdk/schema.ts'
import { isStruct, type Value } from '#server/sdk/value.ts'

/** A default as it stands in an Avro schema: bytes are characters below U+0100, other values plain JSON. */
export function avroDefault(schema: Schema, value: Value): string {
  if (value === null) return 'null'
  if (value instanceof Decimal) return binary(decimalBytes(schema, value))
  if (value instanceof Date) {
    const logical = logicalOf(schema)
    if (logical === 'date') return `${dateDays(value)}`
    return logical === 'time' ? `${timeMs(value)}` : `${timestampMs(value)}`
  }
  if (value instanceof Uint8Array) return binary(value)
  if (typeof value === 'string') return quoteAvro(value)
  if (typeof value === 'number') return numberText(schema, value)
  if (Array.isArray(value)) {
    const items = schema.type === 'ARRAY' ? schema.items : null
    return `[${value.map((item) => avroDefault(required(items), item)).join(',')}]`
  }
  if (value instanceof Map) return mapDefault(schema, value)
  if (isStruct(value)) {
    const members = value.schema.fields.map(
      ({ name, schema: of }) => `${quoteAvro(name)}:${avroDefault(of, value.stored(name))}`,
    )
    return `{${members.join(',')}}`
  }
  return String(value)
}

function mapDefault(schema: Schema, value: ReadonlyMap<Value, Value>): string {
  const keys = schema.type === 'MAP' ? required(schema.keys) : undefined
  const values = schema.type === 'MAP' ? required(schema.values) : undefined
  if (!keys || !values) throw new DataError('A map as default needs a schema of a map')
  const entries = [...value]
  if (keys.type === 'STRING' && !keys.optional) {
    return `{${entries.map(([key, item]) => `${quoteAvro(String(key))}:${avroDefault(values, item)}`).join(',')}}`
  }
  return `[${entries
    .map(([key, item]) => `{"key":${avroDefault(keys, key)},"value":${avroDefault(values, item)}}`)
    .join(',')}]`
}

function numberText(schema: Schema, value: number): string {
  if (!Number.isFinite(value)) return `"${Number.isNaN(value) ? 'NaN' : value > 0 ? 'INF' : '-INF'}"`
  if (schema.type === 'FLOAT32') return floatText(value)
  return schema.type === 'FLOAT64' ? doubleText(value) : `${value}`
}

const binary = (bytes: Uint8Array) => quoteAvro(Buffer.from(bytes).toString('latin1'))

function required(schema: Schema | null): Schema {
  if (schema) return schema
  throw new DataError('Unknown schema of an element')
}
