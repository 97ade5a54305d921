import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { isJsonArray, isJsonObject, type JsonNode } from '#server/sdk/json-node.ts'
import { float32Of, float64Of, int64Of } from '#server/sdk/json-number.ts'
import { logicalOf } from '#server/sdk/logical.ts'
import { dateOfDays, scaleOf, timeOfMs, timestampOf } from '#server/sdk/logical-value.ts'
import type { Schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

/** A default out of an Avro schema. Throws `DataError` for one that is not of its schema. */
export function readAvroDefault(schema: Schema, node: JsonNode | undefined): Value {
  if (node === null || node === undefined) {
    if (schema.optional || schema.default !== undefined) return schema.default ?? null
    throw unfit(schema)
  }
  const logical = logicalOf(schema)
  if (logical === 'decimal') return Decimal.fromBytes(binary(schema, node), scaleOf(schema))
  if (logical === 'date') return dateOfDays(int32(schema, node))
  if (logical === 'time') return timeOfMs(int32(schema, node))
  if (logical === 'timestamp') return timestampOf(int64(schema, node))
  switch (schema.type) {
    case 'INT8':
    case 'INT16':
    case 'INT32':
      return int32(schema, node)
    case 'INT64':
      return int64(schema, node)
    case 'FLOAT32':
      return special(node) ?? float32Of(number(schema, node))
    case 'FLOAT64':
      return special(node) ?? float64Of(number(schema, node))
    case 'BOOLEAN':
      if (typeof node === 'boolean') return node
      throw unfit(schema)
    case 'STRING':
      if (typeof node === 'string') return node
      throw unfit(schema)
    case 'BYTES':
      return binary(schema, node)
    case 'ARRAY':
      if (isJsonArray(node) && schema.items) {
        const { items } = schema
        return node.map((item) => readAvroDefault(items, item))
      }
      throw unfit(schema)
    case 'MAP':
      return map(schema.keys, schema.values, node, schema)
    case 'STRUCT':
      if (!isJsonObject(node)) throw unfit(schema)
      return Struct.of(
        schema,
        schema.fields.map(({ name, schema: field }) => readAvroDefault(field, node.get(name))),
      )
  }
}

function map(keys: Schema | null, values: Schema | null, node: JsonNode, of: Schema): Value {
  if (!keys || !values) throw unfit(of)
  if (isJsonObject(node)) return new Map([...node].map(([key, item]) => [key, readAvroDefault(values, item)]))
  if (!isJsonArray(node)) throw unfit(of)
  return new Map(
    node.map((entry) => {
      if (!isJsonObject(entry)) throw unfit(of)
      return [readAvroDefault(keys, entry.get('key')), readAvroDefault(values, entry.get('value'))]
    }),
  )
}

function binary(schema: Schema, node: JsonNode): Buffer {
  if (typeof node === 'string') return Buffer.from(node, 'latin1')
  throw unfit(schema)
}

function number(schema: Schema, node: JsonNode): JsonNode {
  if (node === null || typeof node === 'boolean' || typeof node === 'string') throw unfit(schema)
  if (isJsonArray(node) || isJsonObject(node)) throw unfit(schema)
  return node
}

const int64 = (schema: Schema, node: JsonNode) => int64Of(number(schema, node))
const int32 = (schema: Schema, node: JsonNode) => Number(BigInt.asIntN(32, int64(schema, node)))

function special(node: JsonNode): number | undefined {
  if (node === 'NaN') return Number.NaN
  if (node === 'INF' || node === 'Infinity') return Number.POSITIVE_INFINITY
  return node === '-INF' || node === '-Infinity' ? Number.NEGATIVE_INFINITY : undefined
}

const unfit = (schema: Schema) => new DataError(`The default is no ${schema.name ?? schema.type}`)
