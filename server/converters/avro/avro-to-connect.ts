import type { AvroConfig } from '#server/converters/avro/avro-fields.ts'
import {
  avroNamespace,
  avroParameters,
  decimalPrecision,
  defaultPrecision,
  defaultRecord,
  fixedSize,
  generalized,
  internalType,
  mapEntry,
  splitName,
} from '#server/converters/avro/avro-names.ts'
import type { AvroArray, AvroRecord, AvroSchema, AvroUnion } from '#server/converters/avro/avro-schema.ts'
import { readAvroDefault } from '#server/converters/avro/read-avro-default.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { isJsonObject, type JsonNode } from '#server/sdk/json-node.ts'
import { type Logical, logicalNames } from '#server/sdk/logical.ts'
import { type AttributeInput, type PrimitiveType, type Schema, schema } from '#server/sdk/schema.ts'

/** How the place where a schema stands changes what it means. */
interface Use {
  optional: boolean
  /** The default of the field, as JSON. */
  fieldDefault?: JsonNode | undefined
  fieldDoc?: string | undefined
  version?: number | undefined
}

const logicalTypes: Readonly<Record<string, { logical: Logical; on: readonly string[] }>> = {
  decimal: { logical: 'decimal', on: ['bytes', 'fixed'] },
  date: { logical: 'date', on: ['int'] },
  'time-millis': { logical: 'time', on: ['int'] },
  'timestamp-millis': { logical: 'timestamp', on: ['long'] },
}

const primitiveTypes: Readonly<Record<string, PrimitiveType>> = {
  boolean: 'BOOLEAN',
  int: 'INT32',
  long: 'INT64',
  float: 'FLOAT32',
  double: 'FLOAT64',
  bytes: 'BYTES',
  fixed: 'BYTES',
  string: 'STRING',
  enum: 'STRING',
}

/** A list of pairs that stands for a map whose keys are no texts. */
export function entriesOf(array: AvroArray): AvroRecord | undefined {
  const { items } = array
  if (items.type !== 'record' || items.fields.length !== 2) return undefined
  const isEntry = items.name === `${avroNamespace}.${mapEntry}` || items.props.get(internalType) === mapEntry
  return isEntry && items.fields[0]?.name === 'key' && items.fields[1]?.name === 'value' ? items : undefined
}

/** The schema of a union that is nothing but an optional one, or stands in it alone. */
export function plainBranch(union: AvroUnion, config: AvroConfig): AvroSchema | undefined {
  const [first] = union.branches
  if (union.branches.length === 1 && config['flatten.singleton.unions'] && first?.type !== 'null') return first
  if (union.branches.length !== 2 || !union.branches.some(({ type }) => type === 'null')) return undefined
  return union.branches.find(({ type }) => type !== 'null')
}

/** The Connect schema of an Avro schema (Confluent: `AvroData.toConnectSchema`). `version` is what its subject counts it as. */
export function connectSchema(of: AvroSchema, config: AvroConfig, version?: number): Schema {
  const open = new Set<AvroSchema>()
  return read(of, { optional: false, version })

  function read(avro: AvroSchema, use: Use): Schema {
    if (open.has(avro)) {
      throw new DataError(
        `The schema ${'name' in avro ? avro.name : avro.type} contains itself, which no Connect schema can`,
      )
    }
    open.add(avro)
    const made = built(avro, use)
    open.delete(avro)
    return made
  }

  function built(avro: AvroSchema, use: Use): Schema {
    switch (avro.type) {
      case 'null':
        throw new DataError('Standalone null schemas are not supported by this converter')
      case 'union':
        return readUnion(avro, use)
      case 'array':
        return readArray(avro, use)
      case 'map': {
        const values = read(avro.values, { optional: false })
        const given = attributes(avro, use)
        const make = (input: AttributeInput) => schema.map(schema.string(), values, { ...given, ...input })
        return withDefault(make({}), avro, use, make)
      }
      case 'record':
        return readRecord(avro, use)
      default:
        return readPrimitive(avro, use)
    }
  }

  function readArray(avro: AvroArray, use: Use): Schema {
    const given = attributes(avro, use)
    const entries = entriesOf(avro)
    if (!entries) {
      const items = read(avro.items, { optional: false })
      const make = (input: AttributeInput) => schema.array(items, { ...given, ...input })
      return withDefault(make({}), avro, use, make)
    }
    const [keys, values] = entries.fields.map((field) => read(field.schema, { optional: false })) as [Schema, Schema]
    const isNamed = entries.props.get(internalType) === mapEntry && given.name === undefined
    const make = (input: AttributeInput) =>
      schema.map(keys, values, { ...given, ...(isNamed && { name: entries.name }), ...input })
    return withDefault(make({}), avro, use, make)
  }

  function readUnion(union: AvroUnion, use: Use): Schema {
    const branch = plainBranch(union, config)
    if (branch) return read(branch, { ...use, optional: use.optional || union.branches.length > 1 })
    const general = config['generalized.sum.type.support']
    const names = new Set<string>()
    const fields = union.branches.flatMap((member, at) => {
      if (member.type === 'null') return []
      const name = general ? `${generalized.unionField}${at}` : memberName(member, config)
      if (names.has(name)) throw new DataError('Multiple union schemas map to the Connect union field name')
      names.add(name)
      return [{ name, schema: read(member, { optional: true }) }]
    })
    const name = general ? `${generalized.unionPrefix}0` : avroParameters.union
    return schema.struct(fields, {
      name,
      optional: use.optional || union.branches.some(({ type }) => type === 'null'),
      ...(use.version !== undefined && { version: use.version }),
      ...(general && { parameters: { [generalized.union]: name } }),
    })
  }

  function readRecord(avro: AvroRecord, use: Use): Schema {
    const fields = avro.fields.map((field) => ({
      name: field.name,
      schema: read(field.schema, {
        optional: false,
        fieldDefault: field.default,
        fieldDoc: textOf(field.props.get('doc')),
      }),
    }))
    const given = attributes(avro, use, docParameters(avro))
    const bare = schema.struct(fields, given)
    return withDefault(bare, avro, use, (input) => schema.struct(fields, { ...given, ...input }))
  }

  function docParameters(avro: AvroRecord): Map<string, string> {
    const parameters = new Map<string, string>()
    if (!config['connect.meta.data']) return parameters
    const doc = textOf(avro.props.get('doc'))
    if (doc !== undefined) parameters.set(avroParameters.recordDoc, doc)
    for (const field of avro.fields) {
      const fieldDoc = textOf(field.props.get('doc'))
      if (fieldDoc !== undefined) parameters.set(avroParameters.fieldDoc + field.name, fieldDoc)
    }
    return parameters
  }

  function readPrimitive(avro: Exclude<AvroSchema, AvroUnion | AvroRecord | AvroArray>, use: Use): Schema {
    const given = attributes(avro, use, primitiveParameters(avro))
    const type = connectType(avro)
    return withDefault(schema.primitive(type, given), avro, use, (input) =>
      schema.primitive(type, { ...given, ...input }),
    )
  }

  function primitiveParameters(avro: AvroSchema): Map<string, string> {
    const parameters = new Map<string, string>()
    if (avro.type === 'fixed') parameters.set(fixedSize, `${avro.size}`)
    if (avro.type === 'enum') {
      const prefix = config['generalized.sum.type.support'] ? generalized.enum : avroParameters.enum
      parameters.set(prefix, avro.name)
      const doc = textOf(avro.props.get('doc'))
      if (doc !== undefined) parameters.set(`${avroParameters.enumDoc}${avro.name}`, doc)
      avro.symbols.forEach((symbol, at) => {
        parameters.set(`${prefix}.${symbol}`, config['generalized.sum.type.support'] ? `${at}` : symbol)
      })
    }
    if (logicalType(avro) === 'decimal' && 'props' in avro) {
      parameters.set('scale', `${numberOf(avro.props.get('scale')) ?? 0}`)
      const precision = numberOf(avro.props.get('precision'))
      if (precision !== undefined && precision !== defaultPrecision) parameters.set(decimalPrecision, `${precision}`)
    }
    return parameters
  }

  function attributes(avro: Exclude<AvroSchema, AvroUnion>, use: Use, parameters = new Map<string, string>()) {
    const { props } = avro
    const input: AttributeInput = { optional: use.optional }
    const name = schemaName(avro)
    if (name !== undefined) input.name = name
    const version = numberOf(props.get('connect.version')) ?? (logicalType(avro) ? 1 : use.version)
    if (version !== undefined) input.version = version
    const doc = textOf(props.get('connect.doc')) ?? use.fieldDoc ?? typeDoc(avro)
    if (doc !== undefined) input.doc = doc
    const given = props.get('connect.parameters')
    if (isJsonObject(given)) for (const [key, value] of given) if (typeof value === 'string') parameters.set(key, value)
    if (parameters.size > 0) input.parameters = parameters
    return input
  }

  function typeDoc(avro: Exclude<AvroSchema, AvroUnion>): string | undefined {
    return config['discard.type.doc.default'] || config['connect.meta.data'] ? undefined : textOf(avro.props.get('doc'))
  }

  function schemaName(avro: Exclude<AvroSchema, AvroUnion>): string | undefined {
    const given = textOf(avro.props.get('connect.name'))
    const logical = logicalType(avro)
    const name = given ?? (logical ? logicalNames[logical] : 'name' in avro ? avro.name : undefined)
    return name?.startsWith(`${avroNamespace}.${defaultRecord}`) ? undefined : name
  }

  function withDefault(bare: Schema, avro: AvroSchema, use: Use, make: (input: AttributeInput) => Schema): Schema {
    const own = 'props' in avro ? avro.props.get('connect.default') : undefined
    const given = own ?? use.fieldDefault
    if (given === undefined || given === null) return bare
    return make({ default: readAvroDefault(bare, given) })
  }
}

/** The name of a union's member in Connect. */
export function memberName(member: AvroSchema, config: AvroConfig): string {
  if (!('name' in member)) return member.type
  return config['enhanced.avro.schema.support'] ? member.name : splitName(member.name).name
}

function connectType(avro: AvroSchema): PrimitiveType {
  const own = 'props' in avro ? avro.props.get('connect.type') : undefined
  if (avro.type === 'int' && own === 'int8') return 'INT8'
  if (avro.type === 'int' && own === 'int16') return 'INT16'
  const type = primitiveTypes[avro.type]
  if (type) return type
  throw new DataError(`Couldn't translate unsupported schema type ${avro.type}.`)
}

function logicalType(avro: AvroSchema): Logical | undefined {
  const name = 'props' in avro ? textOf(avro.props.get('logicalType')) : undefined
  const found = name === undefined ? undefined : logicalTypes[name]
  if (found?.on.includes(avro.type)) return found.logical
  const given = 'props' in avro ? textOf(avro.props.get('connect.name')) : undefined
  return Object.values(logicalTypes).find(
    ({ logical, on }) => logicalNames[logical] === given && on.includes(avro.type),
  )?.logical
}

const textOf = (node: JsonNode | undefined) => (typeof node === 'string' ? node : undefined)
const numberOf = (node: JsonNode | undefined) => (typeof node === 'number' ? node : undefined)
