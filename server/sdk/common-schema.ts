import { DataError } from '#server/sdk/data-error.ts'
import { type Logical, logicalOf } from '#server/sdk/logical.ts'
import { dateOfDays, timeOfMs, timestampOf } from '#server/sdk/logical-value.ts'
import type { Schema, SchemaType } from '#server/sdk/schema.ts'
import type { SchemaAndValue, Value } from '#server/sdk/value.ts'

const widening: readonly SchemaType[] = ['INT8', 'INT16', 'INT32', 'INT64', 'FLOAT32', 'FLOAT64']

/** Finds the one schema that the elements of a list share, if there is one; numbers widen to the widest. */
export class CommonSchema {
  #schema: Schema | null = null
  #compatible = true

  /** The schema of everything so far; null when there is none, or no common one. */
  get schema(): Schema | null {
    return this.#schema
  }

  /** A null (undefined here) has no schema and changes nothing. */
  add(found: SchemaAndValue | undefined): void {
    if (!found?.schema || !this.#compatible) return
    this.#schema = this.#schema ? wider(this.#schema, found.schema) : found.schema
    this.#compatible = this.#schema !== null
  }
}

/** Of two schemas of one type the later counts, whatever lies inside them. */
function wider(a: Schema, b: Schema): Schema | null {
  if (a.type === b.type) return b
  const widthA = widening.indexOf(a.type)
  const widthB = widening.indexOf(b.type)
  if (widthA < 0 || widthB < 0) return null
  return widthA > widthB ? a : b
}

/** A value under the common schema of its list. Throws `DataError` for a null, which no such schema allows. */
export function alignValue(schema: Schema, value: Value): Value {
  if (value === null) throw new DataError('Unable to convert a null value to a schema that requires a value')
  const logical = logicalOf(schema)
  if (logical) return alignLogical(logical, schema, value)
  const width = widening.indexOf(schema.type)
  if (width < 0) return value
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw new DataError(`Unable to convert ${value} to a number`)
  }
  if (schema.type === 'INT64') return BigInt(value)
  return schema.type === 'FLOAT32' ? Math.fround(Number(value)) : Number(value)
}

function alignLogical(logical: Logical, schema: Schema, value: Value): Value {
  if (typeof value !== 'number' && typeof value !== 'bigint') return value
  if (logical === 'date') return dateOfDays(Number(value))
  if (logical === 'time') return timeOfMs(Number(value))
  if (logical === 'timestamp') return timestampOf(BigInt(value))
  throw new DataError(`Unable to convert ${value} to ${schema.name}`)
}

/** A value as it is without its schema, where an integer is a `bigint`. */
export function withoutSchema(value: Value, schema: Schema | null): Value {
  if (schema === null || logicalOf(schema)) return value
  if (typeof value === 'number' && schema.type.startsWith('INT')) return BigInt(value)
  if (schema.type === 'ARRAY' && Array.isArray(value)) return value.map((item) => withoutSchema(item, schema.items))
  if (schema.type !== 'MAP' || !(value instanceof Map)) return value
  return new Map([...value].map(([key, item]) => [withoutSchema(key, schema.keys), withoutSchema(item, schema.values)]))
}
