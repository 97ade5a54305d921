import type { AvroConfig } from '#server/converters/avro/avro-fields.ts'
import { isUnion, scrubbed } from '#server/converters/avro/avro-from-connect.ts'
import type { AvroRecord, AvroSchema, AvroUnion } from '#server/converters/avro/avro-schema.ts'
import { connectSchema, entriesOf, memberName, plainBranch } from '#server/converters/avro/avro-to-connect.ts'
import { readAvroDefault } from '#server/converters/avro/read-avro-default.ts'
import type { ByteSink } from '#server/converters/registry/byte-sink.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { javaClassOf } from '#server/sdk/java-class.ts'
import { logicalOf } from '#server/sdk/logical.ts'
import { dateDays, decimalBytes, timeMs, timestampMs } from '#server/sdk/logical-value.ts'
import type { Schema, StructSchema } from '#server/sdk/schema.ts'
import { sameSchema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import { isValueOf } from '#server/sdk/validate-value.ts'
import type { Value } from '#server/sdk/value.ts'

/** Writes one value as Avro's binary encoding. Throws `DataError` for a value that is not of the schema. */
export type WriteAvro = (value: Value, to: ByteSink) => void

/** What writes the values of a Connect schema under an Avro schema: its own, or one whose fields have the same names. */
export function avroWriter(of: Schema, avro: AvroSchema, config: AvroConfig): WriteAvro {
  if (isUnion(of) && avro.type === 'union') return writeMember(of, avro, config)
  const present = presentWriter(of, avro.type === 'union' ? branchFor(of, avro, config) : avro, config)
  const standIn = of.default ?? null
  const replaces = standIn !== null && !(of.optional && config['ignore.default.for.nullables'])
  const nullAt = avro.type === 'union' ? avro.branches.findIndex(({ type }) => type === 'null') : -1
  const branch = avro.type === 'union' ? avro.branches.indexOf(branchFor(of, avro, config)) : -1
  return (value, to) => {
    const given = value === null && replaces ? standIn : value
    if (given !== null) {
      if (branch >= 0) to.zigzag(branch)
      present(given, to)
    } else if (nullAt >= 0 && of.optional) to.zigzag(nullAt)
    else throw new DataError('Found null value for non-optional schema')
  }
}

function branchFor(of: Schema, union: AvroUnion, config: AvroConfig): AvroSchema {
  const only = plainBranch(union, config)
  if (only) return only
  const fits = union.branches.filter((branch) => fitting(of, branch, config))
  const [found] = fits
  if (found) return found
  throw new DataError(`No branch of the union is for a ${of.name ?? of.type}`)
}

function fitting(of: Schema, branch: AvroSchema, config: AvroConfig): boolean {
  if (branch.type === 'null') return false
  return sameSchema({ ...connectSchema(branch, config), optional: of.optional } as Schema, of)
}

function presentWriter(of: Schema, avro: AvroSchema, config: AvroConfig): WriteAvro {
  const logical = logicalOf(of)
  if (logical) return logicalWriter(of, avro)
  switch (of.type) {
    case 'ARRAY': {
      if (avro.type !== 'array' || !of.items) throw unfit(of, avro)
      const item = avroWriter(of.items, avro.items, config)
      return (value, to) => {
        if (!Array.isArray(value)) throw notOf(of, value)
        if (value.length > 0) to.zigzag(value.length)
        for (const element of value) item(element, to)
        to.byte(0)
      }
    }
    case 'MAP':
      return mapWriter(of, avro, config)
    case 'STRUCT':
      if (avro.type !== 'record') throw unfit(of, avro)
      return recordWriter(of, avro, config)
    default:
      return primitiveWriter(of, avro)
  }
}

function mapWriter(of: Schema & { type: 'MAP' }, avro: AvroSchema, config: AvroConfig): WriteAvro {
  if (!of.keys || !of.values) throw unfit(of, avro)
  if (avro.type === 'map') {
    const item = avroWriter(of.values, avro.values, config)
    return (value, to) => {
      if (!(value instanceof Map)) throw notOf(of, value)
      if (value.size > 0) to.zigzag(value.size)
      for (const [key, element] of value) {
        writeText(typeof key === 'string' ? key : '', to)
        item(element, to)
      }
      to.byte(0)
    }
  }
  const entries = avro.type === 'array' ? entriesOf(avro) : undefined
  const [keyField, valueField] = entries?.fields ?? []
  if (!keyField || !valueField) throw unfit(of, avro)
  const key = avroWriter(of.keys, keyField.schema, config)
  const item = avroWriter(of.values, valueField.schema, config)
  return (value, to) => {
    if (!(value instanceof Map)) throw notOf(of, value)
    if (value.size > 0) to.zigzag(value.size)
    for (const [name, element] of value) {
      key(name, to)
      item(element, to)
    }
    to.byte(0)
  }
}

/** By name: fields that the Avro schema does not have are left out, and those that only it has take their default. */
function recordWriter(of: StructSchema, avro: AvroRecord, config: AvroConfig): WriteAvro {
  const places = new Map(of.fields.map(({ name }, at) => [scrubbed(name, config), at]))
  const writers = avro.fields.map((field) => {
    const at = places.get(field.name)
    const given = at === undefined ? undefined : of.fields[at]
    if (at !== undefined && given) return { at, write: avroWriter(given.schema, field.schema, config) }
    if (field.default === undefined) throw new DataError(`Field ${field.name} has neither a value nor a default`)
    const schema = connectSchema(field.schema, config)
    const standIn = field.default === null ? null : readAvroDefault(schema, field.default)
    const write = avroWriter(schema, field.schema, config)
    return { at: -1, write: (_value: Value, to: ByteSink) => write(standIn, to) }
  })
  let known: StructSchema | undefined = of
  return (value, to) => {
    if (!(value instanceof Struct)) throw notOf(of, value)
    if (value.schema !== known) {
      if (!sameSchema({ ...value.schema, optional: of.optional, ...standing(of) } as Schema, of)) {
        throw new DataError('Mismatching struct schema')
      }
      known = value.schema
    }
    for (const { at, write } of writers) write(at < 0 ? null : value.storedAt(at), to)
  }
}

/** A struct may have been made under the same schema with another default. */
const standing = (of: Schema) => ({ default: of.default })

function writeMember(of: StructSchema, union: AvroUnion, config: AvroConfig): WriteAvro {
  const members = union.branches.flatMap((branch, at) => {
    if (branch.type === 'null') return []
    const name = config['generalized.sum.type.support'] ? of.fields[at]?.name : memberName(branch, config)
    const place = of.fields.findIndex((field) => field.name === name)
    const positions = of.fields.length === nonNull(union) ? nonNullPosition(union, at) : -1
    const field = of.fields[place >= 0 ? place : positions]
    return field
      ? [{ place: of.fields.indexOf(field), branch: at, write: avroWriter(field.schema, branch, config) }]
      : []
  })
  const nullAt = union.branches.findIndex(({ type }) => type === 'null')
  return (value, to) => {
    if (value === null) {
      if (nullAt < 0) throw new DataError('Found null value for non-optional schema')
      to.zigzag(nullAt)
      return
    }
    if (!(value instanceof Struct)) throw notOf(of, value)
    for (const { place, branch, write } of members) {
      const member = value.storedAt(place)
      if (member === null) continue
      to.zigzag(branch)
      write(member, to)
      return
    }
    throw new DataError('A union without a value')
  }
}

const nonNull = (union: AvroUnion) => union.branches.filter(({ type }) => type !== 'null').length
const nonNullPosition = (union: AvroUnion, at: number) =>
  union.branches.slice(0, at).filter(({ type }) => type !== 'null').length

function logicalWriter(of: Schema, avro: AvroSchema): WriteAvro {
  switch (logicalOf(of)) {
    case 'decimal':
      return (value, to) => {
        if (!(value instanceof Decimal)) throw notOf(of, value)
        writeBytes(decimalBytes(of, value), avro, to)
      }
    case 'date':
      return (value, to) => to.zigzag(int32(dateDays(dateOf(of, value))))
    case 'time':
      return (value, to) => to.zigzag(timeMs(dateOf(of, value)))
    default:
      return (value, to) => to.zigzag64(BigInt(timestampMs(dateOf(of, value))))
  }
}

function dateOf(of: Schema, value: Value): Date {
  if (value instanceof Date) return value
  throw notOf(of, value)
}

function int32(value: number): number {
  if (value === (value | 0)) return value
  throw new DataError('Date value is out of range')
}

const wanted = {
  INT8: ['int', 'long'],
  INT16: ['int', 'long'],
  INT32: ['int', 'long'],
  INT64: ['long'],
  FLOAT32: ['float', 'double'],
  FLOAT64: ['double'],
  BOOLEAN: ['boolean'],
  STRING: ['string', 'enum'],
  BYTES: ['bytes', 'fixed'],
} as const

function primitiveWriter(of: Schema, avro: AvroSchema): WriteAvro {
  const allowed: readonly string[] = wanted[of.type as keyof typeof wanted]
  if (!allowed.includes(avro.type)) throw unfit(of, avro)
  const checked = (write: WriteAvro): WriteAvro => {
    return (value, to) => {
      if (!isValueOf(of, value)) throw notOf(of, value)
      write(value, to)
    }
  }
  switch (avro.type) {
    case 'int':
      return checked((value, to) => to.zigzag(value as number))
    case 'long':
      return checked((value, to) => (typeof value === 'bigint' ? to.zigzag64(value) : to.zigzag(value as number)))
    case 'float':
      return checked((value, to) => to.float(value as number))
    case 'double':
      return checked((value, to) => to.double(value as number))
    case 'boolean':
      return checked((value, to) => to.byte(value ? 1 : 0))
    case 'string':
      return checked((value, to) => writeText(value as string, to))
    case 'enum':
      return checked((value, to) => {
        const at = avro.symbols.indexOf(value as string)
        if (at < 0) throw new DataError(`${value} is no symbol of enum ${avro.name}`)
        to.zigzag(at)
      })
    default:
      return checked((value, to) => writeBytes(value as Uint8Array, avro, to))
  }
}

function writeText(text: string, to: ByteSink): void {
  const length = Buffer.byteLength(text)
  to.zigzag(length)
  to.utf8(text, length)
}

function writeBytes(bytes: Uint8Array, avro: AvroSchema, to: ByteSink): void {
  if (avro.type !== 'fixed') to.zigzag(bytes.length)
  else if (bytes.length !== avro.size) {
    throw new DataError(`${avro.name} has ${avro.size} bytes, and not ${bytes.length}`)
  }
  to.raw(bytes)
}

const unfit = (of: Schema, avro: AvroSchema) =>
  new DataError(`A ${of.name ?? of.type} cannot be written as ${'name' in avro ? avro.name : avro.type}`)

const notOf = (of: Schema, value: Value) =>
  new DataError(`Invalid type for ${of.name ?? of.type}: class ${javaClassOf(value)}`)
