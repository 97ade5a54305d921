import { avroNamespace, mapEntry } from '#server/converters/avro/avro-names.ts'
import { blocks, text } from '#server/converters/avro/avro-reader.ts'
import type { AvroSchema } from '#server/converters/avro/avro-schema.ts'
import type { ByteSink } from '#server/converters/registry/byte-sink.ts'
import type { ByteSource } from '#server/converters/registry/byte-source.ts'
import { DataError, SerializationError } from '#server/sdk/data-error.ts'
import { isInt64, javaClassOf } from '#server/sdk/java-class.ts'
import type { Value } from '#server/sdk/value.ts'

/**
 * How Confluent's converter writes a value without a schema (`AvroData.ANYTHING_SCHEMA`): a record with one field for each type,
 * of which the value's own is filled and every other is null. A null in a list or a map fills none.
 */
const kinds = ['boolean', 'bytes', 'double', 'float', 'int', 'long', 'string', 'array', 'map'] as const
type Kind = (typeof kinds)[number]

const name = `${avroNamespace}.Anything`
const types: Partial<Record<Kind, string>> = {
  array: '{"type":"array","items":"Anything"}',
  map: `{"type":"array","items":{"type":"record","name":"${mapEntry}","fields":[{"name":"key","type":"Anything"},{"name":"value","type":"Anything"}]}}`,
}

export const anythingText = `{"type":"record","name":"Anything","namespace":"${avroNamespace}","fields":[${kinds
  .map((kind) => `{"name":"${kind}","type":["null",${types[kind] ?? `"${kind}"`}],"default":null}`)
  .join(',')}]}`

/** Whether what is written under a schema are values without one. */
export const isAnything = (avro: AvroSchema): boolean =>
  avro.type === 'record' &&
  avro.name === name &&
  avro.fields.length === kinds.length &&
  avro.fields.every((field, at) => field.name === kinds[at])

/** Throws `DataError` for a value that only a schema can tell about, such as a date. */
export function writeAnything(value: Value, to: ByteSink): void {
  const own = value === null ? undefined : kindOf(value)
  for (const kind of kinds) {
    to.zigzag(kind === own ? 1 : 0)
    if (kind === own) writeContent(value, to)
  }
}

function kindOf(value: Value): Kind {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'number') return 'double'
  if (typeof value === 'bigint' && isInt64(value)) return 'long'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Map) return 'map'
  if (Array.isArray(value)) return 'array'
  throw new DataError(`A ${javaClassOf(value)} needs a schema`)
}

function writeContent(value: Value, to: ByteSink): void {
  if (typeof value === 'boolean') to.byte(value ? 1 : 0)
  else if (typeof value === 'number') to.double(value)
  else if (typeof value === 'bigint') to.zigzag64(value)
  else if (typeof value === 'string') {
    const length = Buffer.byteLength(value)
    to.zigzag(length)
    to.utf8(value, length)
  } else if (value instanceof Uint8Array) {
    to.zigzag(value.length)
    to.raw(value)
  } else if (value instanceof Map) {
    if (value.size > 0) to.zigzag(value.size)
    for (const [key, item] of value) {
      writeAnything(key, to)
      writeAnything(item, to)
    }
    to.byte(0)
  } else if (Array.isArray(value)) {
    if (value.length > 0) to.zigzag(value.length)
    for (const item of value) writeAnything(item, to)
    to.byte(0)
  }
}

/** Of fields that are filled the first counts. Throws `SerializationError` for bytes of another form. */
export function readAnything(from: ByteSource): Value {
  let found: Value = null
  for (const kind of kinds) {
    const branch = from.zigzag32()
    if (branch !== 0 && branch !== 1) throw new SerializationError(`Unknown branch of a union: ${branch}`)
    if (branch === 0) continue
    const content = contents[kind](from)
    found ??= content
  }
  return found
}

/** An integer without a schema has no width, so an int is what a long is. */
const contents: Readonly<Record<Kind, (from: ByteSource) => Value>> = {
  boolean: (from) => from.byte() === 1,
  bytes: (from) => from.raw(Number(from.zigzag64())),
  double: (from) => from.double(),
  float: (from) => from.float(),
  int: (from) => BigInt(from.zigzag32()),
  long: (from) => from.zigzag64(),
  string: text,
  array(from) {
    const items: Value[] = []
    blocks(from, () => items.push(readAnything(from)))
    return items
  },
  map(from) {
    const map = new Map<Value, Value>()
    blocks(from, () => {
      const key = readAnything(from)
      map.set(key, readAnything(from))
    })
    return map
  },
}
