import { asBuffer } from '#server/converters/as-buffer.ts'
import { ByteSink } from '#server/converters/registry/byte-sink.ts'
import { createRegistryClient } from '#server/converters/registry/registry-client.ts'
import type { RegistryFormat } from '#server/converters/registry/registry-format.ts'
import { createRegistryHttp } from '#server/converters/registry/registry-http.ts'
import { createRegistrySchemas } from '#server/converters/registry/registry-schemas.ts'
import { type RegistryConfig, registryConnection } from '#server/converters/registry/registry-settings.ts'
import { subjectNaming } from '#server/converters/registry/subject-name.ts'
import { headerBytes, readSchemaId } from '#server/converters/registry/wire-format.ts'
import { isPending } from '#server/sdk/conversion-pending.ts'
import type { Converter } from '#server/sdk/converter.ts'
import { DataError, SerializationError } from '#server/sdk/data-error.ts'
import type { Schema } from '#server/sdk/schema.ts'
import { nothing, type SchemaAndValue, type Value } from '#server/sdk/value.ts'

/** What is known of a schema that records bring. */
interface Described<Parsed> {
  text: string
  parsed: Parsed
  /** How its values are written, by the id that they are written with. */
  writers: Map<number, (value: Value, to: ByteSink) => void>
}

/** A schema that a converter meets again and again in one topic. */
interface LastWritten {
  schema: Schema | null
  topic: string
  id: number
  write: (value: Value, to: ByteSink) => void
}

interface LastRead {
  topic: string
  id: number
  read: (bytes: Buffer, at: number) => SchemaAndValue
}

/** How many ids one schema is written with at the same time: as many as subjects, which are few. */
const mostWriters = 64

/** Confluent's wire format around the bytes of a schema language: a zero, the id of the schema, the value. */
export function createRegistryConverter<Parsed>(
  format: RegistryFormat<Parsed>,
  config: RegistryConfig,
  isKey: boolean,
): Converter {
  const client = createRegistryClient(createRegistryHttp(registryConnection(config)), {
    normalize: config['normalize.schemas'],
  })
  const naming = subjectNaming(config[isKey ? 'key.subject.name.strategy' : 'value.subject.name.strategy'], isKey)
  const schemas = createRegistrySchemas(client, format, config, naming)
  const expires = config['latest.cache.ttl.sec'] >= 0
  const described = new WeakMap<Schema, Described<Parsed>>()
  const readers = new WeakMap<object, LastRead['read']>()
  const sink = new ByteSink()
  let lastWritten: LastWritten | undefined
  let lastRead: LastRead | undefined

  function describe(schema: Schema | null): Described<Parsed> {
    const known = schema && described.get(schema)
    if (known) return known
    const text = format.describe(schema)
    const fresh = { text, parsed: format.parse(text, new Map()), writers: new Map() }
    if (schema) described.set(schema, fresh)
    return fresh
  }

  function writerFor(topic: string, schema: Schema | null): LastWritten {
    if (lastWritten && lastWritten.schema === schema && lastWritten.topic === topic && !expires) return lastWritten
    const { text, parsed: own, writers } = describe(schema)
    const { id, parsed } = schemas.forWriting(topic, text, own)
    let write = writers.get(id)
    if (!write) {
      if (writers.size >= mostWriters) writers.clear()
      write = format.writer(schema, parsed)
      writers.set(id, write)
    }
    lastWritten = { schema, topic, id, write }
    return lastWritten
  }

  function readerFor(topic: string, id: number): LastRead['read'] {
    if (lastRead && lastRead.id === id && lastRead.topic === topic) return lastRead.read
    const known = schemas.forReading(topic, id)
    let read = readers.get(known)
    if (!read) {
      read = format.reader(known.parsed, known.version)
      readers.set(known, read)
    }
    lastRead = { topic, id, read }
    return read
  }

  return {
    fromConnectData(topic, schema, value) {
      if (value === null && (schema === null || !format.writesNull)) return noValue(schema)
      try {
        const { id, write } = writerFor(topic, schema)
        sink.at = 0
        sink.byte(0)
        sink.room(4)
        sink.at = sink.bytes.writeInt32BE(id, sink.at)
        write(value, sink)
        return sink.take()
      } catch (cause) {
        throw asDataError(format.messages.write(topic), cause)
      }
    },
    toConnectData(topic, bytes) {
      if (bytes === null) return nothing
      try {
        const buffer = asBuffer(bytes)
        return readerFor(topic, readSchemaId(buffer))(buffer, headerBytes)
      } catch (cause) {
        throw asDataError(format.messages.read(topic), cause)
      }
    },
  }
}

/** A tombstone. */
function noValue(schema: Schema | null): null {
  if (!schema || schema.optional || schema.default !== undefined) return null
  throw new DataError('Found null value for non-optional schema')
}

function asDataError(message: string, cause: unknown): unknown {
  if (isPending(cause)) return cause
  // Too deep for the stack: hostile bytes, or a schema that contains itself.
  const known = cause instanceof DataError || cause instanceof SerializationError || cause instanceof RangeError
  return known ? new DataError(message, { cause }) : cause
}
