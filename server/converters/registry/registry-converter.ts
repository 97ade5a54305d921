import { asBuffer } from '#server/converters/as-buffer.ts'
import { ByteSink } from '#server/converters/registry/byte-sink.ts'
import { createRegistryClient } from '#server/converters/registry/registry-client.ts'
import type { RegistryFormat } from '#server/converters/registry/registry-format.ts'
import { createRegistryHttp } from '#server/converters/registry/registry-http.ts'
import { createRegistrySchemas } from '#server/converters/registry/registry-schemas.ts'
import { type RegistryConfig, registryConnection } from '#server/converters/registry/registry-settings.ts'
import { subjectNaming } from '#server/converters/registry/subject-name.ts'
import { testRegistry } from '#server/converters/registry/test-registry.ts'
import { headerBytes, readSchemaId } from '#server/converters/registry/wire-format.ts'
import { isPending } from '#server/sdk/conversion-pending.ts'
import type { Converter } from '#server/sdk/converter.ts'
import { DataError, SerializationError } from '#server/sdk/data-error.ts'
import { type Schema, sameSchema } from '#server/sdk/schema.ts'
import { nothing, type SchemaAndValue, type Value } from '#server/sdk/value.ts'

/** What is known of a schema that records bring. */
interface Described<Parsed> {
  text: string
  parsed: Parsed
  /** How its values are written, by topic. */
  targets: Map<string, Target>
}

interface Target {
  topic: string
  id: number
  write: (value: Value, to: ByteSink) => void
}

interface LastRead {
  topic: string
  id: number
  read: (bytes: Buffer, at: number) => SchemaAndValue
}

/** To how many topics one schema is written before they are looked up again. */
const mostTargets = 64
/** How many schemas are looked through for one that says the same. */
const mostRecent = 8

/** Confluent's wire format around the bytes of a schema language: a zero, the id of the schema, the value. */
export function createRegistryConverter<Parsed>(
  format: RegistryFormat<Parsed>,
  config: RegistryConfig,
  isKey: boolean,
): Converter {
  const connection = registryConnection(config)
  const http = createRegistryHttp(connection)
  const client = createRegistryClient(http.ask, { normalize: config['normalize.schemas'] })
  const naming = subjectNaming(config[isKey ? 'key.subject.name.strategy' : 'value.subject.name.strategy'], isKey)
  const schemas = createRegistrySchemas(client, format, config, naming)
  const expires = config['latest.cache.ttl.sec'] >= 0
  const described = new WeakMap<Schema, Described<Parsed>>()
  const recent: { schema: Schema; description: Described<Parsed> }[] = []
  let schemaless: Described<Parsed> | undefined
  const readers = new WeakMap<object, LastRead['read']>()
  const sink = new ByteSink()
  let last: { schema: Schema | null; target: Target } | undefined
  let lastRead: LastRead | undefined

  function describe(schema: Schema | null): Described<Parsed> {
    if (!schema) {
      schemaless ??= freshly(null)
      return schemaless
    }
    const known = described.get(schema)
    if (known) return known
    // A source that makes a schema for each record makes the same one.
    const same = recent.find((one) => sameSchema(one.schema, schema))?.description
    const description = same ?? freshly(schema)
    described.set(schema, description)
    if (!same) {
      recent.unshift({ schema, description })
      recent.length = Math.min(recent.length, mostRecent)
    }
    return description
  }

  function freshly(schema: Schema | null): Described<Parsed> {
    const text = format.describe(schema)
    return { text, parsed: format.parse(text, new Map()), targets: new Map() }
  }

  function targetFor(topic: string, schema: Schema | null): Target {
    if (last && last.schema === schema && last.target.topic === topic && !expires) return last.target
    const { text, parsed: own, targets } = describe(schema)
    let target = targets.get(topic)
    if (!target || expires) {
      const { id, parsed } = schemas.forWriting(topic, text, own)
      if (target?.id !== id) target = { topic, id, write: format.writer(schema, parsed) }
      if (targets.size >= mostTargets) targets.clear()
      targets.set(topic, target)
    }
    last = { schema, target }
    return target
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
        const { id, write } = targetFor(topic, schema)
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
    testConnection: (tester) => testRegistry(tester, { ask: http.ask, urls: connection.urls, isKey }),
    close: () => http.close(),
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
