import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { isInt32, isInt64, javaClassOf } from '#server/sdk/java-class.ts'
import { logicalOf } from '#server/sdk/logical.ts'
import { type Schema, sameSchema } from '#server/sdk/schema.ts'
import type { Struct } from '#server/sdk/struct.ts'
import { isStruct, type Value } from '#server/sdk/value.ts'

/**
 * Throws `DataError` when a value is not one of the schema (Kafka: `ConnectSchema.validateValue`). `place` says in the
 * message what was looked at: `value`, or `field: "name"`.
 */
export function validateValue(schema: Schema, value: Value, place = 'value'): void {
  if (value === null) {
    if (schema.optional) return
    throw new DataError(`Invalid value: null used for required ${place}, schema type: ${schema.type}`)
  }
  if (!isValueOf(schema, value)) {
    const name = schema.name === undefined ? '' : `"${schema.name}" `
    throw new DataError(
      `Invalid Java object for schema ${name}with type ${schema.type}: class ${javaClassOf(value)} for ${place}`,
    )
  }
  if (schema.type === 'STRUCT' && isStruct(value)) validateStruct(schema, value)
  else if (schema.type === 'ARRAY' && Array.isArray(value)) {
    if (schema.items) for (const item of value) validateValue(schema.items, item, `element of array ${place}`)
  } else if (schema.type === 'MAP' && value instanceof Map) {
    for (const [key, item] of value) {
      if (schema.keys) validateValue(schema.keys, key, `key of map ${place}`)
      if (schema.values) validateValue(schema.values, item, `value of map ${place}`)
    }
  }
}

function validateStruct(schema: Schema, struct: Struct): void {
  if (!sameSchema(struct.schema, schema)) throw new DataError('Struct schemas do not match.')
  struct.schema.fields.forEach(({ name, schema: of }, at) => {
    const value = struct.storedAt(at)
    if (value === null && (of.optional || of.default !== undefined)) return
    validateValue(of, value, `field: "${name}"`)
  })
}

const within = (value: Value, bits: number) =>
  typeof value === 'number' && isInt32(value) && value >= -(2 ** bits) && value < 2 ** bits

/** A number in the range of a FLOAT32; its digits are rounded to the nearest, as the type says. */
export const isFloat32 = (value: Value): value is number =>
  typeof value === 'number' && Number.isFinite(Math.fround(value)) === Number.isFinite(value)

/** Whether the value has the type that the schema asks for, whatever lies inside it. */
export function isValueOf(schema: Schema, value: Value): boolean {
  const logical = logicalOf(schema)
  if (logical) return logical === 'decimal' ? value instanceof Decimal : value instanceof Date
  switch (schema.type) {
    case 'INT8':
      return within(value, 7)
    case 'INT16':
      return within(value, 15)
    case 'INT32':
      return within(value, 31)
    case 'INT64':
      return typeof value === 'bigint' && isInt64(value)
    case 'FLOAT32':
      return isFloat32(value)
    case 'FLOAT64':
      return typeof value === 'number'
    case 'BOOLEAN':
      return typeof value === 'boolean'
    case 'STRING':
      return typeof value === 'string'
    case 'BYTES':
      return value instanceof Uint8Array
    case 'ARRAY':
      return Array.isArray(value)
    case 'MAP':
      return value instanceof Map
    case 'STRUCT':
      return isStruct(value)
  }
}
