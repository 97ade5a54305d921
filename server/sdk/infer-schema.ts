import { SchemaBuilderError } from '#server/sdk/data-error.ts'
import { type Schema, type SchemaType, schema } from '#server/sdk/schema.ts'
import { isStruct, type Value } from '#server/sdk/value.ts'

/**
 * The schema that a value alone tells (Kafka: `Values.inferSchema`); null when it tells none, as an empty list or a date
 * does, or when its elements differ in type. Of elements that have parts themselves only the type is told. An integer is
 * an INT64 and any other number a FLOAT64, because without a schema no value is narrower here. Throws
 * `SchemaBuilderError` for a list of nothing but nulls, as Kafka does.
 */
export function inferSchema(value: Value): Schema | null {
  if (typeof value === 'string') return schema.string()
  if (typeof value === 'boolean') return schema.boolean()
  if (typeof value === 'bigint') return schema.int64()
  if (typeof value === 'number') return schema.float64()
  if (value === null) return null
  if (value instanceof Uint8Array) return schema.bytes()
  if (isStruct(value)) return value.schema
  if (Array.isArray(value)) {
    const items = commonSchema(value)
    return items && schema.array(items)
  }
  if (!(value instanceof Map)) return null
  const keys = commonSchema([...value.keys()])
  const values = commonSchema([...value.values()])
  return keys && values && schema.map(keys, values)
}

function commonSchema(values: readonly Value[]): Schema | null {
  if (values.length === 0) return null
  const types = new Set<SchemaType | undefined>()
  for (const value of values) if (value !== null) types.add(inferSchema(value)?.type)
  if (types.size === 0) throw new SchemaBuilderError('type cannot be null')
  const [type] = types
  if (types.size > 1 || type === undefined) return null
  return bareSchema(type, values.includes(null))
}

function bareSchema(type: SchemaType, optional: boolean): Schema {
  if (type === 'ARRAY') return schema.array(null, { optional })
  if (type === 'MAP') return schema.map(null, null, { optional })
  if (type === 'STRUCT') return schema.struct([], { optional })
  return schema.primitive(type, { optional })
}
