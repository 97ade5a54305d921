import { readLogical } from '#server/converters/protobuf/proto-logical.ts'
import { scalarCodecs, wireTypes } from '#server/converters/protobuf/proto-scalar.ts'
import type { ProtoEnum, ProtoField, ProtoMessage, ProtoType } from '#server/converters/protobuf/proto-schema.ts'
import { choiceField } from '#server/converters/protobuf/proto-to-connect.ts'
import { skipField } from '#server/converters/protobuf/skip-field.ts'
import { ByteSource } from '#server/converters/registry/byte-source.ts'
import { DataError, SerializationError } from '#server/sdk/data-error.ts'
import type { Schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

/** Reads the body of a message: everything that is left. */
export type ReadMessage = (from: ByteSource) => Struct

interface FieldReader {
  /** Takes what stands behind a tag of this wire type; false: it is no such field. */
  take(values: Value[], wire: number, from: ByteSource): boolean
}

/** What reads a message as the struct of the Connect schema that stands for it. Throws `SerializationError`. */
export function messageReader(message: ProtoMessage, of: Schema): ReadMessage {
  if (of.type !== 'STRUCT') throw new DataError(`Message ${message.name} cannot be read as ${of.type}`)
  const readers = new Map<number, FieldReader>()
  /** What a field is when nothing of it is there. */
  const absent: { at: number; name: string; make: (() => Value) | undefined }[] = []
  for (const field of message.fields) {
    const at: number = of.index.get(field.oneof === undefined ? field.name : choiceField(message, field.oneof)) ?? -1
    const holder: Schema | undefined = of.fields[at]?.schema
    if (!holder) throw new DataError(`Field ${field.name} of ${message.name} is not in the schema`)
    if (field.oneof === undefined) {
      readers.set(field.number, fieldReader(field, holder, at))
      absent.push({ at, name: field.name, make: absentValue(field, holder) })
    } else if (holder.type === 'STRUCT') {
      const member = holder.index.get(field.name) ?? -1
      const schema = holder.fields[member]?.schema as Schema
      readers.set(field.number, memberReader(fieldReader(field, schema, member), holder, at))
    }
  }
  return (from) => {
    const values: Value[] = new Array(of.fields.length).fill(null)
    while (from.left > 0) {
      const tag = from.varint()
      const number = Math.floor(tag / 8)
      if (number === 0) throw new SerializationError('Invalid tag')
      if (!readers.get(number)?.take(values, tag % 8, from)) skipField(from, tag)
    }
    for (const { at, name, make } of absent) {
      if (values[at] !== null) continue
      if (!make) throw new SerializationError(`Message ${message.name} is missing required field ${name}`)
      values[at] = make()
    }
    return Struct.of(of, values)
  }
}

/** Undefined: it may not be absent. */
function absentValue(field: ProtoField, of: Schema): (() => Value) | undefined {
  if (field.keys !== undefined) return () => new Map()
  if (field.repeated) return () => []
  if (field.presence) return of.optional ? () => null : undefined
  if (field.type.kind === 'enum') {
    const zero = enumValue(field.type.of, of, 0)
    return () => zero
  }
  if (field.type.kind !== 'scalar') return () => null
  const zero = connectScalar(of, scalarCodecs[field.type.scalar].zero)
  return () => zero
}

/** Of the members of a choice the last one counts. */
function memberReader(member: FieldReader, holder: Schema & { type: 'STRUCT' }, at: number): FieldReader {
  return {
    take(values, wire, from) {
      const held: Value[] = new Array(holder.fields.length).fill(null)
      if (!member.take(held, wire, from)) return false
      values[at] = Struct.of(holder, held)
      return true
    },
  }
}

function fieldReader(field: ProtoField, of: Schema, at: number): FieldReader {
  if (field.keys !== undefined) return mapReader(field, of, at)
  if (!field.repeated) {
    const { wire, read } = valueReader(field.type, of)
    return {
      take(values, given, from) {
        if (given !== wire) return false
        values[at] = read(from)
        return true
      },
    }
  }
  if (of.type !== 'ARRAY' || !of.items) throw new DataError(`Field ${field.name} cannot be read as ${of.type}`)
  const { wire, read } = valueReader(field.type, of.items)
  return {
    take(values, given, from) {
      const isPacked = given === wireTypes.bytes && wire !== wireTypes.bytes
      if (given !== wire && !isPacked) return false
      const items = (values[at] ?? []) as Value[]
      values[at] = items
      if (isPacked) {
        const body = bodyOf(from)
        while (body.left > 0) items.push(read(body))
      } else items.push(read(from))
      return true
    },
  }
}

function mapReader(field: ProtoField, of: Schema, at: number): FieldReader {
  if (of.type !== 'MAP' || !of.keys || !of.values || field.keys === undefined) {
    throw new DataError(`Field ${field.name} cannot be read as ${of.type}`)
  }
  const key = valueReader({ kind: 'scalar', scalar: field.keys }, of.keys)
  const item = valueReader(field.type, of.values)
  const zeroKey = connectScalar(of.keys, scalarCodecs[field.keys].zero)
  return {
    take(values, given, from) {
      if (given !== wireTypes.bytes) return false
      const map = (values[at] ?? new Map()) as Map<Value, Value>
      values[at] = map
      const body = bodyOf(from)
      let name = zeroKey
      let value: Value | undefined
      while (body.left > 0) {
        const tag = body.varint()
        if (tag === 8 + key.wire) name = key.read(body)
        else if (tag === 16 + item.wire) value = item.read(body)
        else skipField(body, tag)
      }
      map.set(name, value ?? item.zero())
      return true
    },
  }
}

interface ValueReader {
  wire: number
  read(from: ByteSource): Value
  /** What an entry of a map holds when its value is not there. */
  zero(): Value
}

function valueReader(type: ProtoType, of: Schema): ValueReader {
  switch (type.kind) {
    case 'scalar': {
      const codec = scalarCodecs[type.scalar]
      const bound = of.type === 'INT8' ? 128 : of.type === 'INT16' ? 32_768 : 0
      const read = bound === 0 ? codec.read : narrow(codec.read, bound)
      return { wire: codec.wire, read, zero: () => codec.zero }
    }
    case 'wrapper': {
      const codec = scalarCodecs[type.scalar]
      return message((body) => {
        let value = codec.zero
        while (body.left > 0) {
          const tag = body.varint()
          if (tag === 8 + codec.wire) value = codec.read(body)
          else skipField(body, tag)
        }
        return value
      })
    }
    case 'logical':
      return message((body) => readLogical(type.logical, of, body))
    case 'message':
      return message(messageReader(type.of, of))
    case 'enum': {
      const { read } = scalarCodecs.int32
      return {
        wire: wireTypes.varint,
        read: (from) => enumValue(type.of, of, read(from) as number),
        zero: () => enumValue(type.of, of, 0),
      }
    }
  }
}

const message = (read: (body: ByteSource) => Value): ValueReader => ({
  wire: wireTypes.bytes,
  read: (from) => read(bodyOf(from)),
  zero: () => read(new ByteSource(Buffer.alloc(0), 0)),
})

function bodyOf(from: ByteSource): ByteSource {
  const length = from.varint()
  const start = from.skip(length)
  return new ByteSource(from.bytes, start, start + length)
}

/** A number that no symbol stands for has a name in Java, too. */
function enumValue({ name, numbers }: ProtoEnum, of: Schema, number: number): Value {
  if (of.type === 'INT32') return number
  for (const [symbol, value] of numbers) if (value === number) return symbol
  return `UNKNOWN_ENUM_VALUE_${name.slice(name.lastIndexOf('.') + 1)}_${number}`
}

const narrow = (read: (from: ByteSource) => Value, bound: number) => (from: ByteSource) => {
  const value = read(from) as number
  if (value >= -bound && value < bound) return value
  throw new SerializationError(`${value} is out of range`)
}

const connectScalar = (of: Schema, zero: Value): Value => (of.type === 'INT64' ? BigInt(zero as bigint) : zero)
