import type { JsonSchemaConfig } from '#server/converters/json-schema/json-schema-fields.ts'
import { isJsonObjectMap, isJsonUnion } from '#server/converters/json-schema/json-schema-names.ts'
import { atScale } from '#server/converters/registry/decimal-scale.ts'
import { createValueReader } from '#server/sdk/connect-json-reader.ts'
import { createJsonWriter, type WriteJson } from '#server/sdk/connect-json-writer.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { javaClassOf } from '#server/sdk/java-class.ts'
import { isJsonArray, isJsonObject, JsonDecimal, type JsonNode, jsonTypeOf } from '#server/sdk/json-node.ts'
import { quoteJson } from '#server/sdk/json-quote.ts'
import { logicalOf } from '#server/sdk/logical.ts'
import { scaleOf } from '#server/sdk/logical-value.ts'
import { type Schema, type StructSchema, sameSchema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

export interface JsonSchemaValues {
  /** What writes the values of a schema as JSON. */
  writer(schema: Schema): WriteJson
  read(schema: Schema, node: JsonNode | undefined): Value
}

/** Values as Confluent's converter writes them: as JSON of Connect, but for unions, and maps whose keys are no texts. */
export function jsonSchemaValues(config: JsonSchemaConfig): JsonSchemaValues {
  const decimalsAsNumbers = config['decimal.format'] === 'NUMERIC'
  const leaves = createJsonWriter({ decimalsAsNumbers, replaceNullWithDefault: true })
  const readLeaf = createValueReader(true)
  const standIn = (schema: Schema): Value =>
    schema.optional && config['ignore.default.for.nullables'] ? null : (schema.default ?? null)

  function writer(schema: Schema): WriteJson {
    const present = presentWriter(schema)
    const instead = standIn(schema)
    return (value) => {
      if (value !== null) return present(value)
      if (instead !== null) return present(instead)
      if (schema.optional) return 'null'
      throw new DataError('Conversion error: null value for field that is required and has no default value')
    }
  }

  function presentWriter(schema: Schema): WriteJson {
    switch (schema.type) {
      case 'ARRAY': {
        const item = writer(known(schema.items))
        return (value) => {
          if (!Array.isArray(value)) throw notOf(schema, value)
          return `[${value.map(item).join(',')}]`
        }
      }
      case 'MAP': {
        const key = writer(known(schema.keys))
        const item = writer(known(schema.values))
        const asObject = isJsonObjectMap(schema)
        return (value) => {
          if (!(value instanceof Map)) throw notOf(schema, value)
          const entries = [...value]
          if (asObject) return `{${entries.map(([name, held]) => `${key(name)}:${item(held)}`).join(',')}}`
          return `[${entries.map(([name, held]) => `{"key":${key(name)},"value":${item(held)}}`).join(',')}]`
        }
      }
      case 'STRUCT':
        return isJsonUnion(schema) ? unionWriter(schema) : structWriter(schema)
      default:
        return leaves.of(schema)
    }
  }

  function structWriter(schema: StructSchema): WriteJson {
    const fields = schema.fields.map(({ name, schema: field }, at) => ({
      front: `${at === 0 ? '{' : ','}${quoteJson(name)}:`,
      write: writer(field),
    }))
    return (value) => {
      const struct = structOf(schema, value)
      let text = fields.length === 0 ? '{' : ''
      for (let at = 0; at < fields.length; at++) {
        const field = fields[at] as (typeof fields)[number]
        text += field.front + field.write(struct.storedAt(at))
      }
      return `${text}}`
    }
  }

  function unionWriter(schema: StructSchema): WriteJson {
    const members = schema.fields.map(({ schema: field }) => writer(field))
    return (value) => {
      const struct = structOf(schema, value)
      const at = schema.fields.findIndex((_field, place) => struct.storedAt(place) !== null)
      const write = members[at]
      if (!write) throw new DataError('Cannot find non-null field')
      return write(struct.storedAt(at))
    }
  }

  function read(schema: Schema, node: JsonNode | undefined): Value {
    if (node === undefined || node === null) {
      const instead = standIn(schema)
      if (instead !== null || schema.optional) return instead
      throw new DataError(`Invalid null value for required ${schema.type} field`)
    }
    switch (schema.type) {
      case 'ARRAY': {
        if (!isJsonArray(node)) throw unfit(schema, node)
        const items = known(schema.items)
        return node.map((item) => read(items, item))
      }
      case 'MAP':
        return readMap(schema, node)
      case 'STRUCT':
        return isJsonUnion(schema) ? readUnion(schema, node) : readStruct(schema, node)
      default:
        return readPrimitive(schema, node)
    }
  }

  function readPrimitive(schema: Schema, node: JsonNode): Value {
    if (!isLeafOf(schema, node)) throw unfit(schema, node)
    const value = readLeaf(schema, node)
    return value instanceof Decimal ? atScale(value, scaleOf(schema)) : value
  }

  function readMap(schema: Schema & { type: 'MAP' }, node: JsonNode): Value {
    const keys = known(schema.keys)
    const values = known(schema.values)
    if (isJsonObject(node)) return new Map([...node].map(([name, item]) => [name, read(values, item)]))
    if (!isJsonArray(node)) throw unfit(schema, node)
    return new Map(
      node.map((entry) => {
        if (!isJsonObject(entry)) throw unfit(schema, entry)
        return [read(keys, entry.get('key')), read(values, entry.get('value'))]
      }),
    )
  }

  function readStruct(schema: StructSchema, node: JsonNode): Value {
    if (!isJsonObject(node)) throw unfit(schema, node)
    const values: Value[] = new Array(schema.fields.length)
    for (let at = 0; at < values.length; at++) {
      const field = schema.fields[at] as StructSchema['fields'][number]
      values[at] = read(field.schema, node.get(field.name))
    }
    return Struct.of(schema, values)
  }

  /** The member of which most is there. */
  function readUnion(schema: StructSchema, node: JsonNode): Value {
    const fits = schema.fields.map(({ schema: member }) => closeness(member, node))
    const at = fits.indexOf(Math.max(...fits))
    const field = schema.fields[at]
    if (!field || (fits[at] ?? -1) < 0)
      throw new DataError(`Did not find matching oneof field for data of type ${jsonTypeOf(node)}`)
    const values: Value[] = new Array(schema.fields.length).fill(null)
    values[at] = read(field.schema, node)
    return Struct.of(schema, values)
  }

  return { writer, read }
}

/** How many properties of an object a schema names; below zero: the value is none of it. */
function closeness(schema: Schema, node: JsonNode): number {
  if (schema.type === 'STRUCT') {
    if (isJsonUnion(schema)) return Math.max(-1, ...schema.fields.map(({ schema: member }) => closeness(member, node)))
    if (!isJsonObject(node)) return -1
    return schema.fields.filter(({ name }) => node.has(name)).length
  }
  if (schema.type === 'ARRAY') return isJsonArray(node) ? 0 : -1
  if (schema.type === 'MAP') return isJsonObject(node) || isJsonArray(node) ? 0 : -1
  return isLeafOf(schema, node) ? 0 : -1
}

function isLeafOf(schema: Schema, node: JsonNode): boolean {
  const isInteger = typeof node === 'number' || typeof node === 'bigint'
  if (logicalOf(schema) === 'decimal') return isInteger || node instanceof JsonDecimal || typeof node === 'string'
  switch (schema.type) {
    case 'BOOLEAN':
      return typeof node === 'boolean'
    case 'STRING':
    case 'BYTES':
      return typeof node === 'string'
    case 'FLOAT32':
    case 'FLOAT64':
      return isInteger || node instanceof JsonDecimal
    default:
      return isInteger
  }
}

function structOf(schema: StructSchema, value: Value): Struct {
  if (!(value instanceof Struct)) throw notOf(schema, value)
  if (value.schema !== schema && !sameSchema(value.schema, schema)) {
    const { default: _own, ...own } = value.schema
    const { default: _wanted, ...wanted } = schema
    if (!sameSchema(own as Schema, { ...wanted, optional: own.optional } as Schema))
      throw new DataError('Mismatching schema.')
  }
  return value
}

function known(schema: Schema | null): Schema {
  if (schema) return schema
  throw new DataError('JSON Schema needs the schema of elements, keys and values')
}

const unfit = (schema: Schema, node: JsonNode) =>
  new DataError(`A ${schema.name ?? schema.type} cannot be read from JSON of type ${jsonTypeOf(node)}`)

const notOf = (schema: Schema, value: Value) =>
  new DataError(`Invalid type for ${schema.type}: class ${javaClassOf(value)}`)
