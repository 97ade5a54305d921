import type { Decimal } from '#server/sdk/decimal.ts'
import type { Schema } from '#server/sdk/schema.ts'
import type { Struct } from '#server/sdk/struct.ts'

/**
 * A value of a record. Under a schema: INT8, INT16, INT32, FLOAT32 and FLOAT64 are `number`, INT64 is `bigint`, BYTES
 * `Uint8Array`, ARRAY a list, MAP a `Map`, STRUCT a `Struct`, the logical types `Decimal` and `Date`.
 *
 * Without a schema the JavaScript type is all there is: a `bigint` is an integer and a `number` a floating-point number
 * (5 is written as 5.0), so nothing has to be guessed.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Decimal
  | Date
  | readonly Value[]
  | ReadonlyMap<Value, Value>
  | Struct

/** Tells a struct without its class, so that what the class itself needs can ask. */
export const isStruct = (value: Value): value is Struct =>
  typeof value === 'object' && value !== null && 'storedAt' in value

export interface SchemaAndValue {
  readonly schema: Schema | null
  readonly value: Value
}

/** No schema and no value: what a tombstone becomes. */
export const nothing: SchemaAndValue = Object.freeze({ schema: null, value: null })

/** One header of a record; names may repeat. */
export interface Header extends SchemaAndValue {
  readonly name: string
}
