import { protoName } from '#server/converters/protobuf/proto-from-connect.ts'
import { writeLogical } from '#server/converters/protobuf/proto-logical.ts'
import { scalarCodecs, wireTypes } from '#server/converters/protobuf/proto-scalar.ts'
import type { ProtoEnum, ProtoField, ProtoMessage, ProtoType } from '#server/converters/protobuf/proto-schema.ts'
import type { ProtobufConfig } from '#server/converters/protobuf/protobuf-fields.ts'
import { choiceName, type ScalarType } from '#server/converters/protobuf/protobuf-names.ts'
import type { ByteSink } from '#server/converters/registry/byte-sink.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { javaClassOf } from '#server/sdk/java-class.ts'
import { type Schema, type StructSchema, sameSchema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import { isValueOf } from '#server/sdk/validate-value.ts'
import type { Value } from '#server/sdk/value.ts'

type Write = (value: Value, to: ByteSink) => void

/** What writes the structs of a Connect schema as a message whose fields have the same names; throws `DataError`. */
export function messageWriter(of: Schema, message: ProtoMessage, config: ProtobufConfig): Write {
  if (of.type !== 'STRUCT') throw new DataError(`A ${of.type} cannot be written as message ${message.name}`)
  const fields = message.fields.flatMap((field) => {
    const place = placeOf(of, field, config)
    return place ? [{ ...place, write: fieldWriter(place.schema, field, config) }] : []
  })
  let known: StructSchema = of
  return (value, to) => {
    if (!(value instanceof Struct)) throw notOf(of, value)
    if (value.schema !== known) {
      if (!sameShape(value.schema, of)) throw new DataError('Mismatching struct schema')
      known = value.schema
    }
    for (const { at, member, write } of fields) {
      const held = value.storedAt(at)
      write(member < 0 ? held : held instanceof Struct ? held.storedAt(member) : null, to)
    }
  }
}

interface Place {
  at: number
  /** Where in the struct of a choice; below zero: in no choice. */
  member: number
  schema: Schema
}

function placeOf(of: StructSchema, field: ProtoField, config: ProtobufConfig): Place | undefined {
  const named = (name: string) => name === field.name || protoName(name, config) === field.name
  for (const [at, { name, schema }] of of.fields.entries()) {
    const choice = schema.type === 'STRUCT' ? choiceName(schema) : undefined
    if (choice === undefined || schema.type !== 'STRUCT') {
      if (field.oneof === undefined && named(name)) return { at, member: -1, schema }
    } else if (field.oneof !== undefined && protoName(choice, config) === field.oneof) {
      const member = schema.fields.findIndex((inner) => named(inner.name))
      const inner = schema.fields[member]
      if (inner) return { at, member, schema: { ...inner.schema, optional: true } as Schema }
    }
  }
  return undefined
}

/** A struct may have been made under the same schema with another default, or where it may be missing. */
function sameShape(a: StructSchema, b: StructSchema): boolean {
  const { default: _a, ...left } = a
  const { default: _b, ...right } = b
  return sameSchema({ ...left, optional: false } as Schema, { ...right, optional: false } as Schema)
}

function fieldWriter(of: Schema, field: ProtoField, config: ProtobufConfig): Write {
  const present = presentWriter(of, field, config)
  const instead = of.default ?? null
  return (value, to) => {
    if (value !== null) present(value, to)
    else if (instead !== null) present(instead, to)
    else if (!of.optional) throw new DataError(`Found null value for non-optional field ${field.name}`)
  }
}

function presentWriter(of: Schema, field: ProtoField, config: ProtobufConfig): Write {
  if (field.keys !== undefined) return mapWriter(of, field, field.keys, config)
  if (field.repeated) return listWriter(of, field, config)
  const { wire, write, isZero } = valueWriter(of, field.type, config)
  const tag = field.number * 8 + wire
  return (value, to) => {
    if (!field.presence && isZero(value)) return
    to.varint(tag)
    write(value, to)
  }
}

function listWriter(of: Schema, field: ProtoField, config: ProtobufConfig): Write {
  if (of.type !== 'ARRAY' || !of.items) throw new DataError(`A ${of.type} cannot be written as repeated ${field.name}`)
  const item = valueWriter(of.items, field.type, config)
  const isPacked = item.wire !== wireTypes.bytes
  const packedTag = field.number * 8 + wireTypes.bytes
  const tag = field.number * 8 + item.wire
  return (value, to) => {
    if (!Array.isArray(value)) throw notOf(of, value)
    if (value.length === 0) return
    if (value.includes(null)) throw new DataError(`A list in Protobuf holds no null: ${field.name}`)
    if (!isPacked) {
      for (const element of value) {
        to.varint(tag)
        item.write(element, to)
      }
      return
    }
    to.varint(packedTag)
    const from = to.at
    for (const element of value) item.write(element, to)
    to.lengthBefore(from)
  }
}

function mapWriter(of: Schema, field: ProtoField, keys: ScalarType, config: ProtobufConfig): Write {
  if (of.type !== 'MAP' || !of.keys || !of.values)
    throw new DataError(`A ${of.type} cannot be written as map ${field.name}`)
  const key = valueWriter(of.keys, { kind: 'scalar', scalar: keys }, config)
  const item = valueWriter(of.values, field.type, config)
  const tag = field.number * 8 + wireTypes.bytes
  return (value, to) => {
    if (!(value instanceof Map)) throw notOf(of, value)
    for (const [name, element] of value) {
      if (name === null || element === null) throw new DataError(`A map in Protobuf holds no null: ${field.name}`)
      to.varint(tag)
      const from = to.at
      to.byte(8 + key.wire)
      key.write(name, to)
      to.byte(16 + item.wire)
      item.write(element, to)
      to.lengthBefore(from)
    }
  }
}

interface ValueWriter {
  wire: number
  write: Write
  isZero(value: Value): boolean
}

/** Of one value, without its tag. */
function valueWriter(of: Schema, type: ProtoType, config: ProtobufConfig): ValueWriter {
  switch (type.kind) {
    case 'scalar':
      return scalarWriter(of, type.scalar)
    case 'wrapper': {
      const inner = scalarWriter(of, type.scalar)
      return within((value, to) => {
        if (inner.isZero(value)) return
        to.byte(8 + inner.wire)
        inner.write(value, to)
      })
    }
    case 'logical':
      return within((value, to) => writeLogical(type.logical, of, value, to))
    case 'message':
      return within(messageWriter(of, type.of, config))
    case 'enum':
      return enumWriter(of, type.of)
  }
}

/** A message inside a message has its length before it. */
const within = (body: Write): ValueWriter => ({
  wire: wireTypes.bytes,
  isZero: () => false,
  write(value, to) {
    const from = to.at
    body(value, to)
    to.lengthBefore(from)
  },
})

const fitting: Readonly<Record<ScalarType, readonly Schema['type'][]>> = {
  double: ['FLOAT64', 'FLOAT32'],
  float: ['FLOAT32'],
  int32: ['INT8', 'INT16', 'INT32'],
  sint32: ['INT8', 'INT16', 'INT32'],
  sfixed32: ['INT8', 'INT16', 'INT32'],
  uint32: ['INT64', 'INT32', 'INT16', 'INT8'],
  fixed32: ['INT64', 'INT32', 'INT16', 'INT8'],
  int64: ['INT64', 'INT32', 'INT16', 'INT8'],
  sint64: ['INT64', 'INT32', 'INT16', 'INT8'],
  uint64: ['INT64', 'INT32', 'INT16', 'INT8'],
  fixed64: ['INT64', 'INT32', 'INT16', 'INT8'],
  sfixed64: ['INT64', 'INT32', 'INT16', 'INT8'],
  bool: ['BOOLEAN'],
  string: ['STRING'],
  bytes: ['BYTES'],
}

function scalarWriter(of: Schema, scalar: ScalarType): ValueWriter {
  if (!fitting[scalar].includes(of.type)) throw new DataError(`A ${of.type} cannot be written as ${scalar}`)
  const codec = scalarCodecs[scalar]
  const isNarrow = scalar === 'uint32' || scalar === 'fixed32'
  return {
    ...codec,
    write(value, to) {
      if (!isValueOf(of, value)) throw notOf(of, value)
      if (isNarrow && BigInt.asUintN(32, BigInt(value as bigint)) !== BigInt(value as bigint)) {
        throw new DataError(`${value} is out of the range of ${scalar}`)
      }
      codec.write(value, to)
    },
  }
}

function enumWriter(of: Schema, { name, numbers }: ProtoEnum): ValueWriter {
  const { write } = scalarCodecs.int32
  const numberOf = (value: Value) => {
    const number = typeof value === 'string' ? numbers.get(value) : of.type === 'INT32' ? (value as number) : undefined
    if (typeof number === 'number') return number
    throw new DataError(`${value} is no value of enum ${name}`)
  }
  return {
    wire: wireTypes.varint,
    isZero: (value) => numberOf(value) === 0,
    write: (value, to) => write(numberOf(value), to),
  }
}

const notOf = (of: Schema, value: Value) =>
  new DataError(`Invalid type for ${of.name ?? of.type}: class ${javaClassOf(value)}`)
