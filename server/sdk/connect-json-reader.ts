import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { isInt32 } from '#server/sdk/java-class.ts'
import { readBase64 } from '#server/sdk/json-base64.ts'
import { isJsonArray, isJsonObject, JsonDecimal, type JsonNode, jsonTypeOf } from '#server/sdk/json-node.ts'
import { float32Of, float64Of, int64Of } from '#server/sdk/json-number.ts'
import { type Logical, logicalOf } from '#server/sdk/logical.ts'
import { dateOfDays, scaleOf, timeOfMs, timestampOf } from '#server/sdk/logical-value.ts'
import type { ArraySchema, MapSchema, Schema, StructSchema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import { validateValue } from '#server/sdk/validate-value.ts'
import type { Value } from '#server/sdk/value.ts'

/**
 * Turns JSON into Connect values as Kafka's JsonConverter does, loosely where it is loose: a text read as a number is 0, a
 * number too wide for its type keeps its low bits.
 */
export function createValueReader(replaceNullWithDefault: boolean): (schema: Schema | null, node?: JsonNode) => Value {
  function read(schema: Schema | null, node: JsonNode | undefined): Value {
    if (schema === null) return plainValue(node)
    if (node === undefined || node === null) {
      if (replaceNullWithDefault && schema.default !== undefined && schema.default !== null) return schema.default
      if (schema.optional) return null
      throw new DataError(`Invalid null value for required ${schema.type} field`)
    }
    const logical = logicalOf(schema)
    if (logical) return logicalValues[logical](node, schema)
    switch (schema.type) {
      case 'ARRAY':
        return readArray(schema, node)
      case 'MAP':
        return readMap(schema, node)
      case 'STRUCT':
        return readStruct(schema, node)
      default:
        return primitives[schema.type](node)
    }
  }

  function readArray({ items }: ArraySchema, node: JsonNode): Value {
    const nodes = isJsonObject(node) ? [...node.values()] : isJsonArray(node) ? node : []
    return nodes.map((item) => read(items, item))
  }

  function readMap({ keys, values }: MapSchema, node: JsonNode): Value {
    const map = new Map<Value, Value>()
    if (!keys || keys.type === 'STRING') {
      if (!isJsonObject(node)) {
        throw new DataError(`Maps with string fields should be encoded as JSON objects, but found ${jsonTypeOf(node)}`)
      }
      for (const [name, item] of node) map.set(name, read(values, item))
      return map
    }
    if (!isJsonArray(node)) {
      throw new DataError(
        `Maps with non-string fields should be encoded as JSON array of tuples, but found ${jsonTypeOf(node)}`,
      )
    }
    for (const entry of node) {
      if (!isJsonArray(entry)) {
        throw new DataError(`Found invalid map entry instead of array tuple: ${jsonTypeOf(entry)}`)
      }
      if (entry.length !== 2) {
        throw new DataError(`Found invalid map entry, expected length 2 but found :${entry.length}`)
      }
      map.set(read(keys, entry[0]), read(values, entry[1]))
    }
    return map
  }

  function readStruct(schema: StructSchema, node: JsonNode): Value {
    if (!isJsonObject(node)) {
      throw new DataError(`Structs should be encoded as JSON objects, but found ${jsonTypeOf(node)}`)
    }
    const values = schema.fields.map(({ name, schema: field }) => {
      const value = read(field, node.get(name))
      if (value === null || typeof value === 'object') validateValue(field, value, `field: "${name}"`)
      return value
    })
    return Struct.of(schema, values)
  }

  return read
}

const low = (bits: number) => (node: JsonNode) => Number(BigInt.asIntN(bits, int64Of(node)))

const primitives = {
  INT8: low(8),
  INT16: low(16),
  INT32: (node: JsonNode) => (typeof node === 'number' ? node | 0 : low(32)(node)),
  INT64: int64Of,
  FLOAT32: float32Of,
  FLOAT64: float64Of,
  BOOLEAN: (node: JsonNode) => node === true,
  STRING: (node: JsonNode) => (typeof node === 'string' ? node : null),
  BYTES: (node: JsonNode) => {
    if (typeof node !== 'string') return null
    const bytes = readBase64(node)
    if (!bytes) throw new DataError('Invalid bytes field')
    return bytes
  },
} as const

const logicalValues: Readonly<Record<Logical, (node: JsonNode, schema: Schema) => Value>> = {
  decimal(node, schema) {
    if (typeof node === 'number' || typeof node === 'bigint') return new Decimal(BigInt(node), 0)
    if (node instanceof JsonDecimal) {
      const decimal = node.toDecimal()
      if (!decimal) throw new DataError(`Invalid number for Decimal field: ${node.text}`)
      return decimal
    }
    if (typeof node !== 'string') {
      throw new DataError(
        `Invalid type for Decimal, underlying representation should be numeric or bytes but was ${jsonTypeOf(node)}`,
      )
    }
    const bytes = readBase64(node)
    if (!bytes || bytes.length === 0) throw new DataError('Invalid bytes for Decimal field')
    try {
      return Decimal.fromBytes(bytes, scaleOf(schema))
    } catch (cause) {
      throw new DataError('Invalid bytes for Decimal field', { cause })
    }
  },
  date: (node) => dateOfDays(int32(node, 'Date')),
  time: (node) => timeOfMs(int32(node, 'Time')),
  timestamp(node) {
    if (typeof node !== 'number' && typeof node !== 'bigint') {
      throw new DataError(
        `Invalid type for Timestamp, underlying representation should be integral but was ${jsonTypeOf(node)}`,
      )
    }
    return timestampOf(int64Of(node))
  },
}

function int32(node: JsonNode, type: string): number {
  if (typeof node === 'number' && isInt32(node)) return node
  throw new DataError(
    `Invalid type for ${type}, underlying representation should be integer but was ${jsonTypeOf(node)}`,
  )
}

/** Without a schema: integers are INT64, other numbers FLOAT64, objects maps. */
function plainValue(node: JsonNode | undefined): Value {
  if (node === undefined) return null
  if (typeof node === 'number' || typeof node === 'bigint') return int64Of(node)
  if (node instanceof JsonDecimal) return node.toNumber()
  if (isJsonObject(node)) return new Map([...node].map(([name, item]) => [name, plainValue(item)]))
  return isJsonArray(node) ? node.map(plainValue) : (node as string | boolean | null)
}
