import { MalformedError } from '#server/protocol/malformed-error.ts'
import type { Reader } from '#server/protocol/reader.ts'
import type { FieldDetail, FieldSchema, VersionRange } from '#server/protocol/schema.ts'
import { Writer } from '#server/protocol/writer.ts'

/** Both directions of one field in one version. `smallest` is the least number of bytes that a value takes. */
export interface Codec {
  readonly smallest: number
  write(writer: Writer, value: unknown): void
  read(reader: Reader): unknown
}

type Struct = Record<string, unknown>

/** The id of no topic, in Kafka's text form. */
export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'

const covers = (range: VersionRange | undefined, version: number) =>
  range !== undefined && version >= range[0] && version <= range[1]

const writeLength = (writer: Writer, length: number, flexible: boolean, short: boolean) => {
  if (flexible) writer.unsignedVarint(length + 1)
  else if (short) writer.int16(length)
  else writer.int32(length)
}

/** The length of a string, bytes or array; undefined stands for null. */
function readLength(reader: Reader, flexible: boolean, short: boolean, nullable: boolean): number | undefined {
  const length = flexible ? reader.unsignedVarint() - 1 : short ? reader.int16() : reader.int32()
  if (length >= 0) return length
  if (length === -1 && nullable) return undefined
  throw new MalformedError(`length ${length}`)
}

const refuseNull = (nullable: boolean) => {
  if (!nullable) throw new TypeError('null where the protocol allows none')
}

const number = (smallest: number, read: (r: Reader) => unknown, write: (w: Writer, value: number) => void): Codec => ({
  smallest,
  read,
  write: (writer, value) => write(writer, value as number),
})

const fixed: Record<string, Codec> = {
  bool: {
    smallest: 1,
    read: (r) => r.int8() !== 0,
    write: (w, value) => w.int8(value ? 1 : 0),
  },
  int8: number(
    1,
    (r) => r.int8(),
    (w, v) => w.int8(v),
  ),
  int16: number(
    2,
    (r) => r.int16(),
    (w, v) => w.int16(v),
  ),
  uint16: number(
    2,
    (r) => r.uint16(),
    (w, v) => w.uint16(v),
  ),
  int32: number(
    4,
    (r) => r.int32(),
    (w, v) => w.int32(v),
  ),
  uint32: number(
    4,
    (r) => r.uint32(),
    (w, v) => w.uint32(v),
  ),
  int64: number(
    8,
    (r) => r.int64(),
    (w, v) => w.int64(v),
  ),
  float64: number(
    8,
    (r) => r.float64(),
    (w, v) => w.float64(v),
  ),
  bigint: { smallest: 8, read: (r) => r.bigint(), write: (w, value) => w.bigint(value as bigint) },
  uuid: {
    smallest: 16,
    read: (r) => r.take(16).toString('base64url'),
    write(writer, value) {
      const bytes = Buffer.from(value as string, 'base64url')
      if (bytes.length !== 16) throw new RangeError(`${value} is not a uuid`)
      writer.bytes(bytes)
    },
  },
}

const stringCodec = (flexible: boolean, nullable: boolean): Codec => ({
  smallest: flexible ? 1 : 2,
  write(writer, value) {
    if (value === null) {
      refuseNull(nullable)
      return writeLength(writer, -1, flexible, true)
    }
    const text = value as string
    const length = Buffer.byteLength(text)
    writeLength(writer, length, flexible, true)
    writer.text(text, length)
  },
  read(reader) {
    const length = readLength(reader, flexible, true, nullable)
    return length === undefined ? null : reader.text(length)
  },
})

const bytesCodec = (flexible: boolean, nullable: boolean, splice: boolean): Codec => ({
  smallest: flexible ? 1 : 4,
  write(writer, value) {
    if (value === null) {
      refuseNull(nullable)
      return writeLength(writer, -1, flexible, false)
    }
    const parts = (Array.isArray(value) ? value : [value]) as Uint8Array[]
    let length = 0
    for (const part of parts) length += part.length
    writeLength(writer, length, flexible, false)
    for (const part of parts) {
      if (splice) writer.splice(part)
      else writer.bytes(part)
    }
  },
  read(reader) {
    const length = readLength(reader, flexible, false, nullable)
    return length === undefined ? null : reader.take(length)
  },
})

const arrayCodec = (element: Codec, flexible: boolean, nullable: boolean): Codec => ({
  smallest: flexible ? 1 : 4,
  write(writer, value) {
    if (value === null) {
      refuseNull(nullable)
      return writeLength(writer, -1, flexible, false)
    }
    const list = value as readonly unknown[]
    writeLength(writer, list.length, flexible, false)
    for (const item of list) element.write(writer, item)
  },
  read(reader) {
    const length = readLength(reader, flexible, false, nullable)
    if (length === undefined) return null
    // I12: a count can promise no more elements than there are bytes for.
    if (length * Math.max(element.smallest, 1) > reader.remaining) throw new MalformedError(`array of ${length}`)
    const list: unknown[] = []
    for (let i = 0; i < length; i++) list.push(element.read(reader))
    return list
  },
})

const nullableStruct = (struct: Codec): Codec => ({
  smallest: 1,
  write(writer, value) {
    if (value === null) return writer.int8(-1)
    writer.int8(1)
    struct.write(writer, value)
  },
  read: (reader) => (reader.int8() < 0 ? null : struct.read(reader)),
})

function scalarCodec(type: string, detail: FieldDetail, version: number, flexible: boolean, nullable: boolean): Codec {
  if (type === 'string') return stringCodec(flexible, nullable)
  if (type === 'bytes' || type === 'records') return bytesCodec(flexible, nullable, type === 'records')
  if (type === 'struct') {
    const struct = structCodec(detail.fields ?? [], version, flexible)
    return nullable ? nullableStruct(struct) : struct
  }
  const codec = fixed[type]
  if (!codec) throw new Error(`no codec for ${type}`)
  return codec
}

function codecOf(type: string, detail: FieldDetail, version: number, messageFlexible: boolean): Codec {
  const flexible = messageFlexible && (detail.flexible === undefined || covers(detail.flexible, version))
  const nullable = covers(detail.nullable, version)
  if (!type.startsWith('[]')) return scalarCodec(type, detail, version, flexible, nullable)
  return arrayCodec(scalarCodec(type.slice(2), detail, version, flexible, false), flexible, nullable)
}

/** What a field reads as when it is not on the wire; a fresh value each time, since a caller may change it. */
function fallbackOf(type: string, detail: FieldDetail): () => unknown {
  const { fallback, nullable, fields } = detail
  if (fallback !== undefined) return () => fallback
  if (type.startsWith('[]')) return () => []
  switch (type) {
    case 'string':
      return () => ''
    case 'bool':
      return () => false
    case 'bytes':
      return () => Buffer.alloc(0)
    case 'records':
      return () => null
    case 'uuid':
      return () => zeroUuid
    case 'bigint':
      return () => 0n
    case 'struct': {
      if (nullable) return () => null
      const members = (fields ?? []).map(([name, type, , inner = {}]) => [name, fallbackOf(type, inner)] as const)
      return () => Object.fromEntries(members.map(([name, value]) => [name, value()]))
    }
    default:
      return () => 0
  }
}

/** Whether `value` says nothing more than the field's default. */
function saysNothing(value: unknown, fallback: unknown): boolean {
  if (value === undefined || value === fallback) return true
  if (value instanceof Uint8Array) return fallback instanceof Uint8Array && value.length === fallback.length
  if (Array.isArray(value)) return Array.isArray(fallback) && value.length === 0
  if (typeof value !== 'object' || value === null || typeof fallback !== 'object' || fallback === null) return false
  const defaults = fallback as Struct
  return Object.entries(value).every(([name, item]) => saysNothing(item, defaults[name]))
}

interface Field {
  name: string
  codec: Codec
  fallback: () => unknown
}

const writeField = (writer: Writer, field: Field, value: unknown) => {
  try {
    field.codec.write(writer, value === undefined ? field.fallback() : value)
  } catch (error) {
    throw new TypeError(`${field.name}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

/** A struct of one version: plain fields in order, then the tagged ones (KIP-482); unknown tags are skipped. */
export function structCodec(schema: readonly FieldSchema[], version: number, flexible: boolean): Codec {
  const plain: Field[] = []
  const tagged: (Field & { tag: number })[] = []
  const absent: (Omit<Field, 'codec'> & { ignorable: boolean })[] = []
  for (const [name, type, versions, detail = {}] of schema) {
    const fallback = fallbackOf(type, detail)
    if (!covers(versions, version)) absent.push({ name, fallback, ignorable: detail.ignorable === true })
    else {
      const codec = codecOf(type, detail, version, flexible)
      if (detail.tag !== undefined && covers(detail.tagged, version))
        tagged.push({ name, codec, fallback, tag: detail.tag })
      else plain.push({ name, codec, fallback })
    }
  }
  tagged.sort((a, b) => a.tag - b.tag)
  const smallest = plain.reduce((sum, field) => sum + field.codec.smallest, flexible ? 1 : 0)

  function writeTagged(writer: Writer, value: Struct) {
    const given = tagged.filter((field) => !saysNothing(value[field.name], field.fallback()))
    writer.unsignedVarint(given.length)
    for (const field of given) {
      const inner = new Writer(64)
      writeField(inner, field, value[field.name])
      writer.unsignedVarint(field.tag)
      writer.unsignedVarint(inner.length)
      for (const part of inner.finish()) writer.bytes(part)
    }
  }

  function readTagged(reader: Reader, value: Struct) {
    for (let left = reader.unsignedVarint(); left > 0; left--) {
      const tag = reader.unsignedVarint()
      const length = reader.unsignedVarint()
      const end = reader.at + length
      const field = tagged.find((candidate) => candidate.tag === tag)
      if (!field) reader.skip(length)
      else value[field.name] = field.codec.read(reader)
      if (reader.at !== end) throw new MalformedError(`tagged field ${tag} is not ${length} bytes long`)
    }
  }

  return {
    smallest,
    write(writer, value) {
      const struct = value as Struct
      for (const field of plain) writeField(writer, field, struct[field.name])
      for (const { name, fallback, ignorable } of absent) {
        // I14: what the version cannot carry is refused unless Kafka says that it may be dropped.
        if (!ignorable && struct[name] !== undefined && !saysNothing(struct[name], fallback())) {
          throw new TypeError(`version ${version} has no field ${name}`)
        }
      }
      if (flexible) writeTagged(writer, struct)
    },
    read(reader) {
      const struct: Struct = {}
      for (const field of plain) struct[field.name] = field.codec.read(reader)
      for (const field of tagged) struct[field.name] = field.fallback()
      for (const field of absent) struct[field.name] = field.fallback()
      if (flexible) readTagged(reader, struct)
      return struct
    },
  }
}
