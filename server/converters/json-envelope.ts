import type { ReadValue } from '#server/sdk/connect-json-schema.ts'
import { readSchema } from '#server/sdk/connect-json-schema.ts'
import { DataError, SerializationError } from '#server/sdk/data-error.ts'
import { decodeJson, decodeUtf8 } from '#server/sdk/json-encoding.ts'
import type { JsonNode } from '#server/sdk/json-node.ts'
import { JsonReader } from '#server/sdk/json-reader.ts'
import type { Schema } from '#server/sdk/schema.ts'
import { usualJsonReader } from '#server/sdk/usual-json-reader.ts'
import type { SchemaAndValue, Value } from '#server/sdk/value.ts'

const notAnEnvelope =
  'JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional fields. ' +
  'If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration.'

/** How records of one schema begin, and what reads what follows. */
interface Begun {
  front: Buffer
  schema: Schema | null
  /** Undefined: `readPayload` tells. */
  readUsual: ReturnType<typeof usualJsonReader>
}

interface Envelope {
  schema: { text: string; node: JsonNode }
  payload: JsonNode
}

/**
 * Reads `{"schema":…,"payload":…}`. Records of one schema share one schema object: its text is looked up, not parsed, and
 * a record that begins like the one before it is not even taken apart.
 */
export function createEnvelopeReader(
  readValue: ReadValue,
  cacheSize: number,
): (bytes: Buffer, failed: string) => SchemaAndValue {
  const schemas = new Map<string, Schema | null>()
  let last: Begun | undefined

  function schemaOf({ text, node }: Envelope['schema']): Schema | null {
    const known = schemas.get(text)
    if (known !== undefined) return known
    const schema = readSchema(node, readValue)
    const oldest = schemas.keys().next()
    if (schemas.size >= cacheSize && !oldest.done) schemas.delete(oldest.value)
    if (cacheSize > 0) schemas.set(text, schema)
    return schema
  }

  return (bytes, failed) => {
    try {
      // Bytes are compared, not characters: that is by far the cheaper.
      if (last && startsWith(bytes, last.front)) {
        const text = decodeUtf8(bytes, last.front.length)
        const usual = readUsualPayload(text, last)
        if (usual !== undefined) return { schema: last.schema, value: usual }
        const payload = readPayload(text)
        if (payload !== undefined) return { schema: last.schema, value: readValue(last.schema, payload) }
      }
      const text = decodeJson(bytes)
      const envelope = readEnvelope(text)
      const schema = schemaOf(envelope.schema)
      const front = `{"schema":${envelope.schema.text},"payload":`
      if (cacheSize > 0 && text.startsWith(front)) {
        last = { front: Buffer.from(front), schema, readUsual: usualJsonReader(schema, readValue) }
      }
      return { schema, value: readValue(schema, envelope.payload) }
    } catch (cause) {
      throw cause instanceof SerializationError ? new DataError(failed, { cause }) : cause
    }
  }
}

const startsWith = (bytes: Buffer, front: Buffer) =>
  bytes.length > front.length && bytes.compare(front, 0, front.length, 0, front.length) === 0

/** The payload's value, when it has the usual form and ends the envelope. */
function readUsualPayload(text: string, { readUsual }: Begun): Value | undefined {
  const reader = new JsonReader(text, 0, 1)
  try {
    const value = readUsual(reader)
    return value !== undefined && reader.skips('}') ? value : undefined
  } catch {
    // The general reader tells what is wrong.
    return undefined
  }
}

/** The payload, when it ends the envelope. */
function readPayload(text: string): JsonNode | undefined {
  const reader = new JsonReader(text, 0, 1)
  reader.skipSpace()
  const payload = reader.value()
  return reader.skips('}') ? payload : undefined
}

function readEnvelope(text: string): Envelope {
  const reader = new JsonReader(text, 0, 1)
  if (!reader.skips('{')) {
    new JsonReader(text).document()
    throw new DataError(notAnEnvelope)
  }
  const members = new Map<string, { text: string; node: JsonNode }>()
  if (!reader.skips('}')) {
    do {
      const name = reader.name()
      const from = reader.at
      const node = reader.value()
      members.set(name, { text: text.slice(from, reader.at), node })
    } while (reader.skips(','))
    reader.expect('}')
  }
  const schema = members.get('schema')
  const payload = members.get('payload')
  if (!schema || !payload || members.size !== 2) throw new DataError(notAnEnvelope)
  return { schema, payload: payload.node }
}
