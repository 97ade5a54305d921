import { avroDefault } from '#server/converters/avro/avro-default.ts'
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
import { quoteAvro } from '#server/converters/avro/quote-avro.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { logicalOf } from '#server/sdk/logical.ts'
import { type Field, type MapSchema, type Schema, type StructSchema, sameSchema } from '#server/sdk/schema.ts'

type Member = readonly [name: string, json: string]

const primitiveNames = {
  INT8: 'int',
  INT16: 'int',
  INT32: 'int',
  INT64: 'long',
  FLOAT32: 'float',
  FLOAT64: 'double',
  BOOLEAN: 'boolean',
  STRING: 'string',
  BYTES: 'bytes',
} as const

const logicalTypes = { decimal: 'decimal', date: 'date', time: 'time-millis', timestamp: 'timestamp-millis' } as const

/** Whether a struct stands for a union of Avro. */
export const isUnion = (schema: Schema): schema is StructSchema =>
  schema.type === 'STRUCT' &&
  (schema.name === avroParameters.union || schema.parameters?.has(generalized.union) === true)

/** Whether a map is a map of Avro, too, whose keys are texts. */
export const isPlainMap = (schema: MapSchema, config: AvroConfig): boolean =>
  schema.keys?.type === 'STRING' && (!schema.keys.optional || config['allow.optional.map.keys'])

/** A name that Avro allows (Confluent: `scrub.invalid.names`). */
export function scrubbed(name: string, config: AvroConfig): string {
  if (!config['scrub.invalid.names']) return name
  const encoded = encodeURIComponent(name).replaceAll('%20', '+') || 'x'
  return (/^[A-Za-z_]/.test(encoded) ? encoded : `x${encoded}`).replace(/[^A-Za-z0-9_]/g, '_')
}

/**
 * The Avro schema of a Connect schema as text (Confluent: `AvroData.fromConnectSchema`), in the order in which Avro's own
 * classes print it.
 */
export function avroSchemaText(of: Schema, config: AvroConfig): string {
  const defined = new Map<string, Schema>()
  let unnamed = 0
  return optionalJson(of, '')

  function optionalJson(schema: Schema, namespace: string): string {
    const base = baseJson(schema, namespace)
    if (!schema.optional || isUnion(schema)) return base
    return hasDefault(schema) ? `[${base},"null"]` : `["null",${base}]`
  }

  function baseJson(schema: Schema, namespace: string): string {
    switch (schema.type) {
      case 'ARRAY':
        return object(['type', '"array"'], ['items', optionalJson(known(schema.items), namespace)], ...facts(schema))
      case 'MAP':
        return mapJson(schema, namespace)
      case 'STRUCT':
        return isUnion(schema) ? unionJson(schema, namespace) : recordJson(schema, namespace)
      case 'STRING':
        return enumJson(schema, namespace) ?? primitiveJson(schema)
      case 'BYTES':
        return fixedJson(schema, namespace) ?? primitiveJson(schema)
      default:
        return primitiveJson(schema)
    }
  }

  function primitiveJson(schema: Schema): string {
    const type = quoteAvro(primitiveNames[schema.type as keyof typeof primitiveNames])
    const members = [...decimalMembers(schema), ...facts(schema)]
    return members.length === 0 ? type : object(['type', type], ...members)
  }

  function enumJson(schema: Schema, namespace: string): string | undefined {
    const generalName = schema.parameters?.get(generalized.enum)
    const avroName = config['enhanced.avro.schema.support'] ? schema.parameters?.get(avroParameters.enum) : undefined
    const prefix = generalName !== undefined ? generalized.enum : avroParameters.enum
    const given = generalName ?? avroName
    if (given === undefined) return undefined
    const name = scrubName(given === '' ? (schema.name ?? 'ConnectDefault') : given)
    const symbols = [...(schema.parameters ?? [])].flatMap(([key]) =>
      key.startsWith(`${prefix}.`) ? [key.slice(prefix.length + 1)] : [],
    )
    const doc = schema.parameters?.get(`${avroParameters.enumDoc}${name}`)
    return named(schema, name, namespace, 'enum', doc, () => [['symbols', `[${symbols.map(quoteAvro).join(',')}]`]])
  }

  function fixedJson(schema: Schema, namespace: string): string | undefined {
    const size = schema.parameters?.get(fixedSize)
    if (size === undefined || !/^\d{1,9}$/.test(size)) return undefined
    const name = logicalOf(schema) || !schema.name ? nextName() : scrubName(schema.name)
    return named(schema, name, namespace, 'fixed', undefined, () => [['size', size], ...decimalMembers(schema)])
  }

  function mapJson(schema: MapSchema, namespace: string): string {
    const keys = known(schema.keys)
    const values = known(schema.values)
    if (isPlainMap(schema, config)) {
      return object(['type', '"map"'], ['values', optionalJson(values, namespace)], ...facts(schema))
    }
    const name = schema.name === undefined ? `${avroNamespace}.${mapEntry}` : scrubName(schema.name)
    const fields = [
      { name: 'key', schema: keys },
      { name: 'value', schema: values },
    ]
    const inner = splitName(name).namespace
    const entry = object(
      ['type', '"record"'],
      ...nameMembers(name, namespace),
      ['fields', `[${fields.map((field) => fieldJson(field, inner, undefined)).join(',')}]`],
      ...(schema.name === undefined ? [] : [[internalType, `"${mapEntry}"`] as const]),
    )
    if (defined.has(name)) throw new DataError(`Can't redefine: ${name}`)
    defined.set(name, schema)
    return object(['type', '"array"'], ['items', entry], ...facts(schema))
  }

  function unionJson(schema: StructSchema, namespace: string): string {
    const branches = schema.fields.map(({ schema: branch }) => baseJson(branch, namespace))
    return `[${[...(schema.optional ? ['"null"'] : []), ...branches].join(',')}]`
  }

  function recordJson(schema: StructSchema, namespace: string): string {
    const name = schema.name === undefined ? nextName() : scrubName(schema.name)
    const doc = schema.parameters?.get(avroParameters.recordDoc)
    const inner = splitName(name).namespace
    return named(schema, name, namespace, 'record', doc, () => [
      ['fields', `[${schema.fields.map((field) => fieldJson(field, inner, schema)).join(',')}]`],
    ])
  }

  function fieldJson({ name, schema }: Field, namespace: string, record: Schema | undefined): string {
    const doc = record?.parameters?.get(avroParameters.fieldDoc + name)
    const standsIn = hasDefault(schema)
      ? avroDefault(schema, schema.default ?? null)
      : schema.optional
        ? 'null'
        : undefined
    return object(
      ['name', quoteAvro(scrubbed(name, config))],
      ['type', optionalJson(schema, namespace)],
      ...(doc === undefined ? [] : [['doc', quoteAvro(doc)] as const]),
      ...(standsIn === undefined ? [] : [['default', standsIn] as const]),
    )
  }

  /** The whole definition the first time, and from then on the name. */
  function named(
    schema: Schema,
    name: string,
    namespace: string,
    type: string,
    doc: string | undefined,
    body: () => readonly Member[],
  ): string {
    const plain = withoutUse(schema)
    const before = defined.get(name)
    if (before) {
      if (!sameSchema(before, plain)) throw new DataError(`Can't redefine: ${name}`)
      const parts = splitName(name)
      return quoteAvro(parts.namespace === namespace ? parts.name : name)
    }
    defined.set(name, plain)
    return object(
      ['type', quoteAvro(type)],
      ...nameMembers(name, namespace),
      ...(doc === undefined ? [] : [['doc', quoteAvro(doc)] as const]),
      ...body(),
      ...facts(schema),
    )
  }

  function nextName(): string {
    unnamed += 1
    return `${avroNamespace}.${defaultRecord}${unnamed > 1 ? unnamed : ''}`
  }

  function scrubName(full: string): string {
    return full
      .split('.')
      .map((part) => scrubbed(part, config))
      .join('.')
  }

  /** What Connect says of a schema beside its shape. */
  function facts(schema: Schema): Member[] {
    const members: Member[] = []
    if (config['connect.meta.data']) {
      if (schema.doc !== undefined) members.push(['connect.doc', quoteAvro(schema.doc)])
      if (schema.version !== undefined) members.push(['connect.version', `${schema.version}`])
      if (schema.parameters && schema.parameters.size > 0) {
        members.push([
          'connect.parameters',
          object(...[...schema.parameters].map(([key, value]) => [key, quoteAvro(value)] as const)),
        ])
      }
      if (hasDefault(schema)) members.push(['connect.default', avroDefault(schema, schema.default ?? null)])
      if (schema.name !== undefined) members.push(['connect.name', quoteAvro(schema.name)])
      if (schema.type === 'INT8' || schema.type === 'INT16') {
        members.push(['connect.type', quoteAvro(schema.type.toLowerCase())])
      }
    }
    const logical = logicalOf(schema)
    if (logical) members.push(['logicalType', `"${logicalTypes[logical]}"`])
    return members
  }
}

/** Before everything else, as Confluent's converter sets them first. */
function decimalMembers(schema: Schema): Member[] {
  if (logicalOf(schema) !== 'decimal') return []
  const precision = schema.parameters?.get(decimalPrecision) ?? `${defaultPrecision}`
  const scale = schema.parameters?.get('scale')
  if (scale === undefined || !/^-?\d{1,9}$/.test(scale)) {
    throw new DataError('Invalid Decimal schema: scale parameter not found.')
  }
  return [
    ['scale', `${Number(scale)}`],
    ['precision', /^\d{1,9}$/.test(precision) ? `${Number(precision)}` : `${defaultPrecision}`],
  ]
}

function nameMembers(full: string, enclosing: string): Member[] {
  const { namespace, name } = splitName(full)
  const members: Member[] = [['name', quoteAvro(name)]]
  if (namespace !== enclosing) members.push(['namespace', quoteAvro(namespace)])
  return members
}

const object = (...members: readonly Member[]) =>
  `{${members.map(([name, json]) => `${quoteAvro(name)}:${json}`).join(',')}}`

const hasDefault = (schema: Schema) => schema.default !== undefined && schema.default !== null

/** A definition is one whether its values may be missing here or not. */
function withoutUse(schema: Schema): Schema {
  const { default: _default, ...rest } = schema
  return { ...rest, optional: false } as Schema
}

function known(schema: Schema | null): Schema {
  if (schema) return schema
  throw new DataError('Avro needs the schema of elements, keys and values')
}
