import { text } from '#server/contract/config-field.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { isInt64, javaClassOf } from '#server/sdk/java-class.ts'
import { defineForKeyAndValue } from '#server/sdk/operand.ts'
import { requireMap, requireStruct } from '#server/sdk/requirements.ts'
import type { StructSchema } from '#server/sdk/schema.ts'
import { perSchema } from '#server/sdk/schema-update.ts'
import { Struct } from '#server/sdk/struct.ts'
import { carried } from '#server/sdk/struct-copy.ts'
import { isStruct, type Value } from '#server/sdk/value.ts'
import { flattenedSchema } from '#server/transforms/flatten-schema.ts'
import { kafkaVersion } from '#server/transforms/kafka-version.ts'

const purpose = 'flattening'

export const flatten = defineForKeyAndValue({
  class: 'org.apache.kafka.connect.transforms.Flatten',
  version: kafkaVersion,
  summary: 'Makes one level of nested structs or maps; the names of the levels are joined.',
  config: {
    delimiter: text({
      doc: 'Delimiter to insert between field names from the input record when generating field names for the output record',
      importance: 'medium',
      default: '.',
    }),
  },
  example: { delimiter: '_' },
  create({ delimiter }, operand) {
    const updated = perSchema((from: StructSchema) => flattenedSchema(from, delimiter))
    return {
      apply(record) {
        const value = operand.valueOf(record)
        if (value === null) return record
        if (operand.schemaOf(record) === null) {
          const flat = new Map<Value, Value>()
          flattenMap(requireMap(value, purpose), '', delimiter, flat)
          return operand.replace(record, null, flat)
        }
        const struct = requireStruct(value, purpose)
        const to = updated(struct.schema)
        const values: Value[] = []
        flattenStruct(struct, struct.schema, values)
        return operand.replace(
          record,
          to,
          Struct.of(
            to,
            to.fields.map((field, at) => carried(field, values[at] ?? null)),
          ),
        )
      },
    }
  },
})

function flattenMap(from: ReadonlyMap<Value, Value>, prefix: string, delimiter: string, to: Map<Value, Value>): void {
  for (const [key, value] of from) {
    if (typeof key !== 'string')
      throw new DataError(`The key of a map to flatten must be a string, found: ${javaClassOf(key)}`)
    const name = prefix === '' ? key : `${prefix}${delimiter}${key}`
    if (value instanceof Map) flattenMap(value, name, delimiter, to)
    else to.set(name, flatValue(value, name))
  }
}

function flatValue(value: Value, name: string): Value {
  if (value !== null && isStruct(value)) {
    throw new DataError(
      `Flatten transformation does not support STRUCT for record without schemas (for field ${name}).`,
    )
  }
  const known =
    typeof value === 'bigint' ? isInt64(value) : typeof value !== 'object' || value === null || isPlainObject(value)
  if (known) return value
  throw new DataError(
    `Flatten transformation was passed a value of type class ${javaClassOf(value)} which is not supported by Connect's data API`,
  )
}

const isPlainObject = (value: Value) => Array.isArray(value) || value instanceof Uint8Array

/** Values in the order of the flattened fields; a struct that is null leaves all of its fields null. */
function flattenStruct(struct: Struct | null, schema: StructSchema, to: Value[]): void {
  for (const { name, schema: of } of schema.fields) {
    const value = struct?.get(name) ?? null
    if (of.type === 'STRUCT') flattenStruct(value instanceof Struct ? value : null, of, to)
    else to.push(value)
  }
}
