import { DataError } from '#server/sdk/data-error.ts'
import { isJsonArray, isJsonObject, type JsonNode } from '#server/sdk/json-node.ts'
import { JsonReader } from '#server/sdk/json-reader.ts'

export const avroPrimitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const
type AvroPrimitiveType = (typeof avroPrimitives)[number]

/** Whatever else stands in a schema: `connect.*`, `logicalType`, `doc`. */
type Props = ReadonlyMap<string, JsonNode>

export interface AvroPrimitive {
  readonly type: AvroPrimitiveType
  readonly props: Props
}
export interface AvroFixed {
  readonly type: 'fixed'
  readonly name: string
  readonly size: number
  readonly props: Props
}
export interface AvroEnum {
  readonly type: 'enum'
  readonly name: string
  readonly symbols: readonly string[]
  readonly props: Props
}
export interface AvroArray {
  readonly type: 'array'
  readonly items: AvroSchema
  readonly props: Props
}
export interface AvroMap {
  readonly type: 'map'
  readonly values: AvroSchema
  readonly props: Props
}
export interface AvroUnion {
  readonly type: 'union'
  readonly branches: readonly AvroSchema[]
}
export interface AvroField {
  readonly name: string
  readonly schema: AvroSchema
  /** As JSON; undefined when the field has none. */
  readonly default: JsonNode | undefined
  readonly props: Props
}
export interface AvroRecord {
  readonly type: 'record'
  readonly name: string
  /** Filled when the names in it are known: a record may contain itself. */
  readonly fields: readonly AvroField[]
  readonly props: Props
}

/** An Avro schema with every name resolved; names are full names. */
export type AvroSchema = AvroPrimitive | AvroFixed | AvroEnum | AvroArray | AvroMap | AvroUnion | AvroRecord

const namePart = /^[A-Za-z_][A-Za-z0-9_]*$/
const noProps: Props = new Map()

/** Reads a schema, and before it those that it refers to by name. Throws `DataError` for what is no Avro schema. */
export function parseAvroSchema(text: string, references: ReadonlyMap<string, string>): AvroSchema {
  const names = new Map<string, AvroSchema>()
  for (const referred of references.values()) read(documentOf(referred), '')
  return read(documentOf(text), '')

  function read(node: JsonNode | undefined, namespace: string): AvroSchema {
    if (typeof node === 'string') return named(node, namespace)
    if (isJsonArray(node)) return readUnion(node, namespace)
    if (!isJsonObject(node)) throw new DataError('An Avro schema is a name, a list or an object')
    const type = node.get('type')
    if (typeof type !== 'string') return read(type, namespace)
    switch (type) {
      case 'record':
      case 'error':
        return readRecord(node, namespace)
      case 'enum':
        return define({ type: 'enum', name: nameOf(node, namespace), symbols: symbolsOf(node), props: node })
      case 'fixed':
        return define({ type: 'fixed', name: nameOf(node, namespace), size: sizeOf(node), props: node })
      case 'array':
        return { type: 'array', items: read(node.get('items'), namespace), props: node }
      case 'map':
        return { type: 'map', values: read(node.get('values'), namespace), props: node }
      default: {
        const primitive = avroPrimitives.find((known) => known === type)
        return primitive ? { type: primitive, props: node } : named(type, namespace)
      }
    }
  }

  function named(name: string, namespace: string): AvroSchema {
    const primitive = avroPrimitives.find((known) => known === name)
    if (primitive) return { type: primitive, props: noProps }
    const found = names.get(name.includes('.') || namespace === '' ? name : `${namespace}.${name}`) ?? names.get(name)
    if (found) return found
    throw new DataError(`Undefined name: "${name}"`)
  }

  function define<Schema extends AvroFixed | AvroEnum | AvroRecord>(made: Schema): Schema {
    if (names.has(made.name)) throw new DataError(`Can't redefine: ${made.name}`)
    names.set(made.name, made)
    return made
  }

  function readRecord(node: Props, namespace: string): AvroRecord {
    const name = nameOf(node, namespace)
    const fields: AvroField[] = []
    const record = define({ type: 'record', name, fields, props: node })
    const inner = name.slice(0, Math.max(0, name.lastIndexOf('.')))
    const list = node.get('fields')
    if (!isJsonArray(list)) throw new DataError(`Record ${name} has no fields`)
    const seen = new Set<string>()
    for (const item of list) {
      const field = isJsonObject(item) ? item.get('name') : undefined
      if (!isJsonObject(item) || typeof field !== 'string' || !namePart.test(field)) {
        throw new DataError(`Illegal name of a field in ${name}: ${String(field)}`)
      }
      if (seen.has(field)) throw new DataError(`Duplicate field ${field} in record ${name}`)
      seen.add(field)
      fields.push({ name: field, schema: read(item.get('type'), inner), default: item.get('default'), props: item })
    }
    return record
  }

  function readUnion(nodes: readonly JsonNode[], namespace: string): AvroUnion {
    const branches = nodes.map((node) => read(node, namespace))
    const kinds = branches.map((branch) => ('name' in branch ? branch.name : branch.type))
    if (branches.some(({ type }) => type === 'union')) throw new DataError('Nested union')
    const twice = kinds.find((kind, at) => kinds.indexOf(kind) !== at)
    if (twice !== undefined) throw new DataError(`Duplicate in union:${twice}`)
    return { type: 'union', branches }
  }
}

function documentOf(text: string): JsonNode {
  try {
    return new JsonReader(text).document() ?? null
  } catch (cause) {
    // A schema that is a bare name is its own text in some clients.
    if (/^[A-Za-z_][\w.]*$/.test(text)) return text
    throw new DataError('The schema is no JSON', { cause })
  }
}

function nameOf(node: Props, namespace: string): string {
  const name = node.get('name')
  if (typeof name !== 'string') throw new DataError(`No name in schema of type ${String(node.get('type'))}`)
  const given = node.get('namespace')
  const space = typeof given === 'string' ? given : namespace
  const full = name.includes('.') || space === '' ? name : `${space}.${name}`
  if (!full.split('.').every((part) => namePart.test(part))) throw new DataError(`Illegal character in: ${full}`)
  return full
}

function symbolsOf(node: Props): readonly string[] {
  const symbols = node.get('symbols')
  if (isJsonArray(symbols) && symbols.every((symbol) => typeof symbol === 'string' && namePart.test(symbol))) {
    return symbols as readonly string[]
  }
  throw new DataError('An enum needs symbols that are names')
}

function sizeOf(node: Props): number {
  const size = node.get('size')
  if (typeof size === 'number' && Number.isInteger(size) && size >= 0) return size
  throw new DataError('Invalid or no size')
}
