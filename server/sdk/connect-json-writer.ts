import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { isInt32, isInt64, javaClassOf } from '#server/sdk/java-class.ts'
import { doubleText, floatText } from '#server/sdk/java-number.ts'
import { quoteJson } from '#server/sdk/json-quote.ts'
import { type Logical, logicalOf } from '#server/sdk/logical.ts'
import { dateDays, decimalBytes, timeMs, timestampMs } from '#server/sdk/logical-value.ts'
import type { ArraySchema, MapSchema, Schema, StructSchema } from '#server/sdk/schema.ts'
import { isStructOf, Struct } from '#server/sdk/struct.ts'
import { isFloat32 } from '#server/sdk/validate-value.ts'
import type { Value } from '#server/sdk/value.ts'

export interface JsonWriterOptions {
  /** Whether a Decimal is a number in place of the base64 text of its bytes. */
  decimalsAsNumbers: boolean
  /** Whether a null is written as its schema's default. */
  replaceNullWithDefault: boolean
}

/** Writes a value as JSON text. Throws `DataError` for a value that is not of the schema. */
export type WriteJson = (value: Value) => string

export interface JsonWriter {
  /** What writes the values of a schema; made once for each schema object. null: values by their own type. */
  of(schema: Schema | null): WriteJson
}

/** Connect's JSON without the envelope, in Kafka Connect's bytes (Kafka: `JsonConverter.convertToJson`). */
export function createJsonWriter({ decimalsAsNumbers, replaceNullWithDefault }: JsonWriterOptions): JsonWriter {
  const known = new WeakMap<Schema, WriteJson>()

  function of(schema: Schema | null): WriteJson {
    if (!schema) return writePlain
    let write = known.get(schema)
    if (!write) {
      write = nullable(schema, present(schema))
      known.set(schema, write)
    }
    return write
  }

  function nullable(schema: Schema, write: WriteJson): WriteJson {
    return (value) => {
      if (value !== null) return write(value)
      if (replaceNullWithDefault && schema.default !== undefined && schema.default !== null) {
        return write(schema.default)
      }
      if (schema.optional) return 'null'
      throw new DataError('Conversion error: null value for field that is required and has no default value')
    }
  }

  function present(schema: Schema): WriteJson {
    const logical = logicalOf(schema)
    if (logical) return writeLogical(logical, schema)
    if (schema.type === 'ARRAY') return writeArray(schema)
    if (schema.type === 'MAP') return writeMap(schema)
    if (schema.type === 'STRUCT') return writeStruct(schema)
    return primitives[schema.type]
  }

  function writeLogical(logical: Logical, schema: Schema): WriteJson {
    switch (logical) {
      case 'decimal':
        return (value) => {
          if (!(value instanceof Decimal)) throw notLogical('Decimal', 'BigDecimal', value)
          return decimalsAsNumbers ? value.toString() : `"${decimalBytes(schema, value).toString('base64')}"`
        }
      case 'date':
        return (value) => `${dateDays(asDate('Date', value))}`
      case 'time':
        return (value) => `${timeMs(asDate('Time', value))}`
      case 'timestamp':
        return (value) => `${timestampMs(asDate('Timestamp', value))}`
    }
  }

  function writeArray(schema: ArraySchema): WriteJson {
    const item = of(schema.items)
    return (value) => {
      if (!Array.isArray(value)) throw notOf('ARRAY', value)
      return listText(value, item)
    }
  }

  function writeMap(schema: MapSchema): WriteJson {
    const key = of(schema.keys)
    const item = of(schema.values)
    const byName = schema.keys?.type === 'STRING'
    return (value) => {
      if (!(value instanceof Map)) throw notOf('MAP', value)
      return byName ? objectText(value, key, item) : pairsText(value, key, item)
    }
  }

  function writeStruct(schema: StructSchema): WriteJson {
    const fields = schema.fields.map(({ name, schema: field }, at) => ({
      front: `${at === 0 ? '{' : ','}${quoteJson(name)}:`,
      write: of(field),
    }))
    if (fields.length === 0) fields.push({ front: '{', write: () => '' })
    return (value) => {
      if (!(value instanceof Struct)) throw notOf('STRUCT', value)
      if (!isStructOf(schema, value)) throw new DataError('Mismatching schema.')
      let text = ''
      for (let at = 0; at < fields.length; at++) {
        const field = fields[at]
        if (field) text += field.front + field.write(value.storedAt(at))
      }
      return `${text}}`
    }
  }

  return { of }
}

const integer =
  (type: string, bits: number): WriteJson =>
  (value) => {
    if (typeof value === 'number' && isInt32(value) && value >= -(2 ** bits) && value < 2 ** bits) return `${value}`
    throw notOf(type, value)
  }

const finite = (text: string) => (text.endsWith('N') || text.endsWith('y') ? `"${text}"` : text)

const primitives = {
  INT8: integer('INT8', 7),
  INT16: integer('INT16', 15),
  INT32: integer('INT32', 31),
  INT64: (value: Value) => {
    if (typeof value === 'bigint' && isInt64(value)) return value.toString()
    throw notOf('INT64', value)
  },
  FLOAT32: (value: Value) => {
    if (isFloat32(value)) return finite(floatText(value))
    throw notOf('FLOAT32', value)
  },
  FLOAT64: (value: Value) => {
    if (typeof value === 'number') return finite(doubleText(value))
    throw notOf('FLOAT64', value)
  },
  BOOLEAN: (value: Value) => {
    if (typeof value === 'boolean') return `${value}`
    throw notOf('BOOLEAN', value)
  },
  STRING: (value: Value) => {
    if (typeof value === 'string') return quoteJson(value)
    throw notOf('STRING', value)
  },
  BYTES: (value: Value) => {
    if (value instanceof Uint8Array) return base64(value)
    throw new DataError(`Invalid type for bytes type: class ${javaClassOf(value)}`)
  },
} as const satisfies Record<string, WriteJson>

function writePlain(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return quoteJson(value)
  if (typeof value === 'boolean') return `${value}`
  if (typeof value === 'number') return finite(doubleText(value))
  if (typeof value === 'bigint' && isInt64(value)) return value.toString()
  if (value instanceof Uint8Array) return base64(value)
  if (Array.isArray(value)) return listText(value, writePlain)
  if (value instanceof Map) {
    const byName = [...value.keys()].every((key) => typeof key === 'string')
    return byName ? objectText(value, writePlain, writePlain) : pairsText(value, writePlain, writePlain)
  }
  if (value instanceof Struct) throw new DataError('Mismatching schema.')
  throw new DataError(`Java class class ${javaClassOf(value)} does not have corresponding schema type.`)
}

function listText(items: readonly Value[], item: WriteJson): string {
  let text = '['
  for (let at = 0; at < items.length; at++) text += (at === 0 ? '' : ',') + item(items[at] ?? null)
  return `${text}]`
}

function objectText(map: ReadonlyMap<Value, Value>, key: WriteJson, item: WriteJson): string {
  // Only a null key can meet another one: its name is "null".
  const entries = map.has(null) ? new Map([...map].map(([name, value]) => [`${name}`, value])) : map
  let text = '{'
  for (const [name, value] of entries) text += `${text === '{' ? '' : ','}${key(name)}:${item(value)}`
  return `${text}}`
}

function pairsText(map: ReadonlyMap<Value, Value>, key: WriteJson, item: WriteJson): string {
  let text = '['
  for (const [name, value] of map) text += `${text === '[' ? '' : ','}[${key(name)},${item(value)}]`
  return `${text}]`
}

const base64 = (bytes: Uint8Array) =>
  `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}"`

function asDate(type: string, value: Value): Date {
  if (value instanceof Date) return value
  throw notLogical(type, 'Date', value)
}

const notOf = (type: string, value: Value) => new DataError(`Invalid type for ${type}: class ${javaClassOf(value)}`)

const notLogical = (type: string, expected: string, value: Value) =>
  new DataError(`Invalid type for ${type}, expected ${expected} but was class ${javaClassOf(value)}`)
