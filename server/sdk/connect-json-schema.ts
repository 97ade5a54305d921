import type { JsonWriter } from '#server/sdk/connect-json-writer.ts'
import { DataError, SchemaBuilderError } from '#server/sdk/data-error.ts'
import { isJsonArray, isJsonObject, type JsonNode } from '#server/sdk/json-node.ts'
import { quoteJson } from '#server/sdk/json-quote.ts'
import { type AttributeInput, type Field, type PrimitiveType, type Schema, schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import { validateValue } from '#server/sdk/validate-value.ts'
import type { Value } from '#server/sdk/value.ts'

const jsonNames: Readonly<Record<Schema['type'], string>> = {
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FLOAT32: 'float',
  FLOAT64: 'double',
  BOOLEAN: 'boolean',
  STRING: 'string',
  BYTES: 'bytes',
  ARRAY: 'array',
  MAP: 'map',
  STRUCT: 'struct',
}
const primitives = new Map(
  Object.entries(jsonNames)
    .filter(([type]) => !['ARRAY', 'MAP', 'STRUCT'].includes(type))
    .map(([type, name]) => [name, type as PrimitiveType]),
)

/**
 * A schema as it stands in an envelope (Kafka: `JsonConverter.asJsonSchema`). `field` is the name that it has in a struct,
 * which comes last.
 */
export function schemaJson(of: Schema | null, writer: JsonWriter, field?: string): string {
  if (!of) return 'null'
  const members = [`"type":"${jsonNames[of.type]}"`]
  if (of.type === 'ARRAY') members.push(`"items":${schemaJson(of.items, writer)}`)
  if (of.type === 'MAP') {
    members.push(`"keys":${schemaJson(of.keys, writer)}`, `"values":${schemaJson(of.values, writer)}`)
  }
  if (of.type === 'STRUCT') {
    members.push(`"fields":[${of.fields.map(({ name, schema: inner }) => schemaJson(inner, writer, name)).join(',')}]`)
  }
  members.push(`"optional":${of.optional}`)
  if (of.name !== undefined) members.push(`"name":${quoteJson(of.name)}`)
  if (of.version !== undefined) members.push(`"version":${of.version}`)
  if (of.doc !== undefined) members.push(`"doc":${quoteJson(of.doc)}`)
  if (of.parameters) {
    const entries = [...of.parameters].map(([key, value]) => `${quoteJson(key)}:${quoteJson(value)}`)
    members.push(`"parameters":{${entries.join(',')}}`)
  }
  if (of.default !== undefined && of.default !== null) members.push(`"default":${writer.of(of)(of.default)}`)
  if (field !== undefined) members.push(`"field":${quoteJson(field)}`)
  return `{${members.join(',')}}`
}

/** Turns JSON into a value of a schema; how is the reader's business. */
export type ReadValue = (schema: Schema | null, node: JsonNode | undefined) => Value

/** The schema that an envelope holds (Kafka: `JsonConverter.asConnectSchema`). Throws `DataError` for none. */
export function readSchema(node: JsonNode, readValue: ReadValue): Schema | null {
  if (node === null) return null
  const members: ReadonlyMap<string, JsonNode> = isJsonObject(node) ? node : new Map()
  const type = members.get('type')
  if (typeof type !== 'string') throw new DataError("Schema must contain 'type' field")
  const build = builderOf(type, members, readValue)
  const attributes = readAttributes(members)
  const given = members.get('default')
  const bare = build(attributes)
  const standsIn = given === undefined ? null : readDefault(bare, given)
  return standsIn === null ? bare : build({ ...attributes, default: standsIn })

  function readDefault(of: Schema, value: JsonNode): Value {
    const read = readValue(of, value)
    try {
      if (read instanceof Struct) throw new DataError('Struct schemas do not match.')
      validateValue(of, read)
    } catch (cause) {
      throw new SchemaBuilderError('Invalid default value', { cause })
    }
    return read
  }
}

function builderOf(
  type: string,
  members: ReadonlyMap<string, JsonNode>,
  readValue: ReadValue,
): (attributes: AttributeInput) => Schema {
  const primitive = primitives.get(type)
  if (primitive) return (attributes) => schema.primitive(primitive, attributes)
  const inner = (key: string, missing: string) => {
    const node = members.get(key)
    if (node === undefined || node === null) throw new DataError(missing)
    return readSchema(node, readValue)
  }
  switch (type) {
    case 'array': {
      const items = inner('items', 'Array schema did not specify the element type')
      return (attributes) => schema.array(items, attributes)
    }
    case 'map': {
      const keys = inner('keys', 'Map schema did not specify the key type')
      const values = inner('values', 'Map schema did not specify the value type')
      return (attributes) => schema.map(keys, values, attributes)
    }
    case 'struct': {
      const fields = readFields(members.get('fields'), readValue)
      return (attributes) => schema.struct(fields, attributes)
    }
    default:
      throw new DataError(`Unknown schema type: ${type}`)
  }
}

function readFields(node: JsonNode | undefined, readValue: ReadValue): Field[] {
  if (!isJsonArray(node)) throw new DataError('Struct schema\'s "fields" argument is not an array.')
  const names = new Set<string>()
  return node.map((item) => {
    const name = isJsonObject(item) ? item.get('field') : undefined
    if (typeof name !== 'string') throw new DataError("Struct schema's field name not specified properly")
    const of = readSchema(item, readValue)
    if (!of) throw new SchemaBuilderError(`fieldSchema for field ${name} cannot be null.`)
    if (names.has(name)) {
      throw new SchemaBuilderError(`Cannot create field because of field name duplication ${name}`)
    }
    names.add(name)
    return { name, schema: of }
  })
}

function readAttributes(members: ReadonlyMap<string, JsonNode>): AttributeInput {
  const attributes: AttributeInput = { optional: members.get('optional') === true }
  const name = members.get('name')
  if (typeof name === 'string') attributes.name = name
  const version = members.get('version')
  if (typeof version === 'number' || typeof version === 'bigint') {
    attributes.version = Number(BigInt.asIntN(32, BigInt(version)))
  }
  const doc = members.get('doc')
  if (typeof doc === 'string') attributes.doc = doc
  const parameters = members.get('parameters')
  if (isJsonObject(parameters) && parameters.size > 0) attributes.parameters = readParameters(parameters)
  return attributes
}

function readParameters(node: ReadonlyMap<string, JsonNode>): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>()
  for (const [key, value] of node) {
    if (typeof value !== 'string') throw new DataError('Schema parameters must have string values.')
    parameters.set(key, value)
  }
  return parameters
}
