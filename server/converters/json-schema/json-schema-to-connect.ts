import type { JsonSchemaConfig } from '#server/converters/json-schema/json-schema-fields.ts'
import { jsonNames } from '#server/converters/json-schema/json-schema-names.ts'
import type { SchemaPlace } from '#server/converters/json-schema/schema-place.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { isJsonArray, isJsonObject, type JsonNode } from '#server/sdk/json-node.ts'
import { logicalNames } from '#server/sdk/logical.ts'
import {
  type AttributeInput,
  type Field,
  type PrimitiveType,
  primitiveTypes,
  type Schema,
  schema,
} from '#server/sdk/schema.ts'
import type { Value } from '#server/sdk/value.ts'

type Members = ReadonlyMap<string, JsonNode>

interface Use {
  optional: boolean
  version?: number | undefined
}

/**
 * The Connect schema of a JSON schema (Confluent: `JsonSchemaData.toConnectSchema`). `version` is what its subject counts
 * it as; `readValue` reads a default as the value that it is.
 */
export function connectSchemaOf(
  root: SchemaPlace,
  config: JsonSchemaConfig,
  readValue: (schema: Schema, node: JsonNode) => Value,
  version?: number,
): Schema {
  const open = new Set<JsonNode>()
  return read(root, { optional: false, version })

  function read(at: SchemaPlace, use: Use): Schema {
    const place = at.resolved()
    const { node } = place
    if (!isJsonObject(node)) throw new DataError('A JSON schema that allows everything has no Connect schema')
    if (open.has(node)) throw new DataError('The schema contains itself, which no Connect schema can')
    open.add(node)
    const made = built(place, node, use)
    open.delete(node)
    return made
  }

  function built(place: SchemaPlace, node: Members, use: Use): Schema {
    for (const kind of ['oneOf', 'anyOf'] as const) {
      const list = node.get(kind)
      if (isJsonArray(list)) return readChoice(place, kind, list, use)
    }
    const all = node.get('allOf')
    if (isJsonArray(all) && node.get('type') === undefined) return readAll(place, all, use)
    if (node.has('enum') || node.has('const')) return readEnum(node, use)
    const type = node.get('type')
    if (isJsonArray(type)) return readTypes(place, node, type, use)
    switch (type) {
      case 'null':
        throw new DataError('Standalone null schemas are not supported by this converter')
      case 'boolean':
        return primitive('BOOLEAN', node, use)
      case 'integer':
        return primitive(connectType(node, ['INT8', 'INT16', 'INT32', 'INT64']) ?? 'INT64', node, use)
      case 'number':
        return primitive(connectType(node, [...primitiveTypes]) ?? 'FLOAT64', node, use)
      case 'string':
        return primitive(connectType(node, ['BYTES']) ?? 'STRING', node, use)
      case 'array':
        return readArray(place, node, use)
      case undefined:
      case 'object':
        return readObject(place, node, use)
      default:
        throw new DataError(`Unsupported schema type ${String(type)}`)
    }
  }

  function primitive(type: PrimitiveType, node: Members, use: Use): Schema {
    return withDefault(node, (input) => schema.primitive(type, { ...attributes(node, use), ...input }))
  }

  function readEnum(node: Members, use: Use): Schema {
    const list = node.has('const') ? [node.get('const') ?? null] : node.get('enum')
    const symbols = isJsonArray(list) ? list : []
    if (!symbols.every((symbol) => typeof symbol === 'string' || symbol === null)) {
      throw new DataError('An enum of anything but texts has no Connect schema')
    }
    const general = config['generalized.sum.type.support']
    const prefix = general ? jsonNames.generalEnum : jsonNames.enum
    const parameters = new Map<string, string>([[prefix, textOf(node.get('title')) ?? '']])
    symbols.forEach((symbol, at) => {
      if (typeof symbol === 'string') parameters.set(`${prefix}.${symbol}`, general ? `${at}` : symbol)
    })
    const optional = use.optional || symbols.includes(null)
    return withDefault(node, (input) =>
      schema.string({ ...attributes(node, { ...use, optional }, parameters), ...input }),
    )
  }

  function readArray(place: SchemaPlace, node: Members, use: Use): Schema {
    const items = node.get('items')
    if (items === undefined) throw new DataError('Array schema did not specify the items type')
    const inner = place.child('items')
    if (node.get('connect.type') === 'map') {
      const key = read(inner.resolved().child('properties').child('key'), { optional: false })
      const value = read(inner.resolved().child('properties').child('value'), { optional: false })
      return withDefault(node, (input) => schema.map(key, value, { ...attributes(node, use), ...input }))
    }
    const item = read(inner, { optional: false })
    return withDefault(node, (input) => schema.array(item, { ...attributes(node, use), ...input }))
  }

  function readObject(place: SchemaPlace, node: Members, use: Use): Schema {
    if (node.get('connect.type') === 'map') {
      const values = read(place.child('additionalProperties'), { optional: false })
      return withDefault(node, (input) => schema.map(schema.string(), values, { ...attributes(node, use), ...input }))
    }
    const fields = fieldsOf(place, node)
    return withDefault(node, (input) => schema.struct(fields, { ...attributes(node, use), ...input }))
  }

  function fieldsOf(place: SchemaPlace, node: Members): Field[] {
    const properties = node.get('properties')
    const list = isJsonObject(properties) ? [...properties.keys()] : []
    const needed = node.get('required')
    const required = new Set(isJsonArray(needed) ? needed : [])
    const inner = place.child('properties')
    const indexOf = (name: string) => {
      const property = inner.child(name).node
      const index = isJsonObject(property) ? property.get('connect.index') : undefined
      return typeof index === 'number' ? index : Number.POSITIVE_INFINITY
    }
    // What has no place of its own stands behind, by its name.
    const sorted = list.sort((a, b) => {
      const [left, right] = [indexOf(a), indexOf(b)]
      return left === right ? (a < b ? -1 : 1) : left - right
    })
    return sorted.map((name) => ({
      name,
      schema: read(inner.child(name), {
        optional: config['use.optional.for.nonrequired.properties'] && !required.has(name),
      }),
    }))
  }

  /** One of several schemas: an optional one when the other is null, else a struct with a field for each. */
  function readChoice(place: SchemaPlace, kind: 'oneOf' | 'anyOf', list: readonly JsonNode[], use: Use): Schema {
    const places = list.map((_node, at) => place.child(kind).child(at))
    const isNull = (at: SchemaPlace) => {
      const { node } = at.resolved()
      return isJsonObject(node) && node.get('type') === 'null'
    }
    const members = places.filter((at) => !isNull(at))
    const optional = use.optional || members.length < places.length
    const [only] = members
    if (members.length === 1 && only) return read(only, { ...use, optional })
    const general = config['generalized.sum.type.support']
    const prefix = general ? jsonNames.generalUnionField : jsonNames.unionField
    const fields = members.map((at, index) => ({ name: `${prefix}${index}`, schema: read(at, { optional: true }) }))
    const name = general ? `${jsonNames.generalUnionName}0` : jsonNames.union
    return schema.struct(fields, {
      name,
      optional,
      ...(use.version !== undefined && { version: use.version }),
      ...(general && { parameters: { [jsonNames.generalUnion]: name } }),
    })
  }

  function readTypes(place: SchemaPlace, node: Members, types: readonly JsonNode[], use: Use): Schema {
    const others = types.filter((type) => type !== 'null')
    const optional = use.optional || others.length < types.length
    const as = (type: JsonNode | undefined) => new Map([...node, ['type', type ?? null]]) as Members
    if (others.length === 1) return built(place.holding(as(others[0])), as(others[0]), { ...use, optional })
    const fields = others.map((type, index) => ({
      name: `${jsonNames.unionField}${index}`,
      schema: built(place.holding(as(type)), as(type), { optional: true }),
    }))
    return schema.struct(fields, { name: jsonNames.union, optional })
  }

  /** All of several objects: one with the fields of each. */
  function readAll(place: SchemaPlace, list: readonly JsonNode[], use: Use): Schema {
    const parts = list.map((_node, at) => read(place.child('allOf').child(at), { ...use }))
    const [only] = parts
    if (parts.length === 1 && only) return only
    const fields = new Map<string, Field>()
    for (const part of parts) {
      if (part.type !== 'STRUCT') throw new DataError('allOf of anything but objects has no Connect schema')
      for (const field of part.fields) fields.set(field.name, field)
    }
    const own = place.node
    const input = isJsonObject(own) ? attributes(own, use) : { optional: use.optional }
    return schema.struct([...fields.values()], input)
  }

  function withDefault(node: Members, make: (input: AttributeInput) => Schema): Schema {
    const given = node.get('default')
    const bare = make({})
    return given === undefined || given === null ? bare : make({ default: readValue(bare, given) })
  }
}

function attributes(node: Members, use: Use, parameters = new Map<string, string>()): AttributeInput {
  const input: AttributeInput = { optional: use.optional }
  const name = textOf(node.get('title'))
  if (name !== undefined) input.name = name
  const given = node.get('connect.version')
  const version = typeof given === 'number' ? given : use.version
  if (version !== undefined) input.version = version
  const doc = textOf(node.get('description'))
  if (doc !== undefined) input.doc = doc
  const own = node.get('connect.parameters')
  if (isJsonObject(own)) for (const [key, value] of own) if (typeof value === 'string') parameters.set(key, value)
  if (parameters.size > 0) input.parameters = parameters
  return input
}

function connectType(node: Members, allowed: readonly PrimitiveType[]): PrimitiveType | undefined {
  const given = textOf(node.get('connect.type'))?.toUpperCase()
  const type = allowed.find((known) => known === given)
  // A number of bytes is a decimal, and nothing else.
  if (type === 'BYTES' && node.get('type') === 'number' && node.get('title') !== logicalNames.decimal) return undefined
  return type
}

const textOf = (node: JsonNode | undefined) => (typeof node === 'string' ? node : undefined)
