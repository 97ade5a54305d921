import { DataError } from '#server/sdk/data-error.ts'
import { parseValueText } from '#server/sdk/parse-value-text.ts'
import type { Schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { SchemaAndValue, Value } from '#server/sdk/value.ts'
import { unableToConvert } from '#server/sdk/value-conversion.ts'

/** A list, or a text that spells one (Kafka: `Values.convertToList`). */
export function convertToList(schema: Schema | null, value: Value): readonly Value[] {
  const given = read(schema, value)
  if (Array.isArray(given.value)) return given.value
  throw unableToConvert(given.value, given.schema, 'Schema{ARRAY}')
}

/** A map, or a text that spells one (Kafka: `Values.convertToMap`). */
export function convertToMap(schema: Schema | null, value: Value): ReadonlyMap<Value, Value> {
  const given = read(schema, value)
  if (given.value instanceof Map) return given.value
  throw unableToConvert(given.value, given.schema, 'Schema{MAP}')
}

/** A struct, which no text can spell (Kafka: `Values.convertToStruct`). */
export function convertToStruct(schema: Schema | null, value: Value): Struct {
  if (value === null) throw missing()
  if (value instanceof Struct) return value
  throw unableToConvert(value, schema, 'Schema{STRUCT}')
}

function read(schema: Schema | null, value: Value): SchemaAndValue {
  const given = typeof value === 'string' ? parseValueText(value) : { schema, value }
  if (!given || given.value === null) throw missing()
  return given
}

const missing = () => new DataError('Unable to convert a null value to a schema that requires a value')
