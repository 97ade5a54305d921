import type { AvroConfig } from '#server/converters/avro/avro-fields.ts'
import type { AvroSchema, AvroUnion } from '#server/converters/avro/avro-schema.ts'
import { entriesOf, plainBranch } from '#server/converters/avro/avro-to-connect.ts'
import type { ByteSource } from '#server/converters/registry/byte-source.ts'
import { DataError, SerializationError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { logicalOf } from '#server/sdk/logical.ts'
import { dateOfDays, scaleOf, timeOfMs, timestampOf } from '#server/sdk/logical-value.ts'
import type { Schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

/** Reads one value. Throws `SerializationError` for bytes that are not of the schema. */
export type ReadAvro = (from: ByteSource) => Value

/** Elements that take no bytes cannot be counted by what is left, and nobody needs more of them. */
const mostEmptyElements = 1_000_000

/** What reads the values of an Avro schema as those of the Connect schema that stands for it. */
export function avroReader(avro: AvroSchema, of: Schema, config: AvroConfig): ReadAvro {
  const logical = logicalOf(of)
  switch (avro.type) {
    case 'union':
      return unionReader(avro, of, config)
    case 'record': {
      if (of.type !== 'STRUCT') break
      const fields = avro.fields.map((field, at) =>
        avroReader(field.schema, (of.fields[at] as { schema: Schema }).schema, config),
      )
      return (from) => {
        const values: Value[] = new Array(fields.length)
        for (let at = 0; at < fields.length; at++) values[at] = (fields[at] as ReadAvro)(from)
        return Struct.of(of, values)
      }
    }
    case 'array':
      return arrayReader(avro, of, config)
    case 'map': {
      if (of.type !== 'MAP' || !of.values) break
      const item = avroReader(avro.values, of.values, config)
      return (from) => {
        const map = new Map<Value, Value>()
        blocks(from, () => map.set(text(from), item(from)))
        return map
      }
    }
    case 'enum': {
      const { symbols, name } = avro
      return (from) => {
        const symbol = symbols[from.zigzag32()]
        if (symbol === undefined) throw new SerializationError(`Unknown symbol of enum ${name}`)
        return symbol
      }
    }
    case 'fixed': {
      const { size } = avro
      if (logical === 'decimal') return decimalReader(of, (from) => from.raw(size))
      return (from) => from.raw(size)
    }
    case 'bytes':
      if (logical === 'decimal') return decimalReader(of, (from) => from.raw(length(from)))
      return (from) => from.raw(length(from))
    case 'int':
      if (logical === 'date') return (from) => dateOfDays(from.zigzag32())
      if (logical === 'time') return (from) => timeOfMs(from.zigzag32())
      if (of.type === 'INT8' || of.type === 'INT16') return narrow(of.type === 'INT8' ? 128 : 32_768)
      return (from) => from.zigzag32()
    case 'long':
      if (logical === 'timestamp') return (from) => timestampOf(from.zigzag64())
      return (from) => from.zigzag64()
    case 'float':
      return (from) => from.float()
    case 'double':
      return (from) => from.double()
    case 'boolean':
      return (from) => {
        const byte = from.byte()
        if (byte > 1) throw new SerializationError('A boolean is 0 or 1')
        return byte === 1
      }
    case 'string':
      return text
    case 'null':
      return () => null
  }
  throw new DataError(`A ${avro.type} cannot be read as ${of.type}`)
}

function unionReader(union: AvroUnion, of: Schema, config: AvroConfig): ReadAvro {
  const only = plainBranch(union, config)
  let place = 0
  const branches = union.branches.map((branch): ReadAvro => {
    if (branch.type === 'null') return () => null
    if (only) return avroReader(branch, of, config)
    if (of.type !== 'STRUCT') throw new DataError(`A union cannot be read as ${of.type}`)
    const at = place++
    const read = avroReader(branch, (of.fields[at] as { schema: Schema }).schema, config)
    return (from) => {
      const values: Value[] = new Array(of.fields.length).fill(null)
      values[at] = read(from)
      return Struct.of(of, values)
    }
  })
  return (from) => {
    const read = branches[from.zigzag32()]
    if (!read) throw new SerializationError('Unknown branch of a union')
    return read(from)
  }
}

function arrayReader(avro: AvroSchema & { type: 'array' }, of: Schema, config: AvroConfig): ReadAvro {
  const entries = entriesOf(avro)
  if (entries && of.type === 'MAP' && of.keys && of.values) {
    const [keyField, valueField] = entries.fields
    if (!keyField || !valueField) throw new DataError('A map entry has a key and a value')
    const key = avroReader(keyField.schema, of.keys, config)
    const item = avroReader(valueField.schema, of.values, config)
    return (from) => {
      const map = new Map<Value, Value>()
      blocks(from, () => map.set(key(from), item(from)))
      return map
    }
  }
  if (of.type !== 'ARRAY' || !of.items) throw new DataError(`An array cannot be read as ${of.type}`)
  const item = avroReader(avro.items, of.items, config)
  return (from) => {
    const items: Value[] = []
    blocks(from, () => items.push(item(from)))
    return items
  }
}

/** Blocks of elements, each with its count, which is negative when its size in bytes follows. */
export function blocks(from: ByteSource, element: () => void): void {
  let empty = 0
  for (;;) {
    let count = Number(from.zigzag64())
    if (count === 0) return
    if (count < 0) {
      count = -count
      from.zigzag64()
    }
    for (let at = 0; at < count; at++) {
      const before = from.at
      element()
      if (from.at === before && ++empty > mostEmptyElements) throw new SerializationError('Too many elements')
    }
  }
}

function length(from: ByteSource): number {
  return Number(from.zigzag64())
}

/** A text behind its length. */
export function text(from: ByteSource): string {
  return from.utf8(length(from))
}

function decimalReader(of: Schema, bytes: (from: ByteSource) => Buffer): ReadAvro {
  const scale = scaleOf(of)
  return (from) => Decimal.fromBytes(bytes(from), scale)
}

const narrow =
  (bound: number): ReadAvro =>
  (from) => {
    const value = from.zigzag32()
    if (value >= -bound && value < bound) return value
    throw new SerializationError(`${value} is out of range`)
  }
