import { asBuffer } from '#server/converters/as-buffer.ts'
import { kafkaVersion } from '#server/converters/converter-fields.ts'
import { type JsonSettings, jsonFields, jsonSettings } from '#server/converters/json-config.ts'
import { createEnvelopeReader } from '#server/converters/json-envelope.ts'
import { readJsonTexts, textEnvelope, writeJsonTexts } from '#server/converters/json-texts.ts'
import { createValueReader } from '#server/sdk/connect-json-reader.ts'
import { readSchema, schemaJson } from '#server/sdk/connect-json-schema.ts'
import { createJsonWriter } from '#server/sdk/connect-json-writer.ts'
import { asHeaderConverter, type Converter, type ConverterConfig, defineConverter } from '#server/sdk/converter.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { decodeJson } from '#server/sdk/json-encoding.ts'
import { JsonReader } from '#server/sdk/json-reader.ts'
import { plain, type Schema, sameSchema } from '#server/sdk/schema.ts'
import { nothing } from '#server/sdk/value.ts'

/** Kafka Connect's JSON, byte for byte: a value in an envelope with its schema, or alone. */
function createJsonConverter(config: ConverterConfig): Converter {
  const settings = jsonSettings(config)
  const { schemasEnable, replaceNullWithDefault } = settings
  const writer = createJsonWriter({ decimalsAsNumbers: settings.decimalsAsNumbers, replaceNullWithDefault })
  const readValue = createValueReader(replaceNullWithDefault)
  const fixedSchema = readContent(settings)
  const readEnvelope = createEnvelopeReader(readValue, settings.schemasCacheSize)
  const fronts = new WeakMap<Schema, string>()

  /** The envelope up to its payload. */
  function frontOf(schema: Schema | null): string {
    const known = schema && fronts.get(schema)
    if (known !== null && known !== undefined) return known
    const front = `{"schema":${schemaJson(schema, writer)},"payload":`
    if (schema) fronts.set(schema, front)
    return front
  }

  function readContent({ schemaContent }: JsonSettings): Schema | null {
    if (schemaContent === '') return null
    const failed = 'Failed to parse schema in converter config due to serialization error: '
    const node = attempt(() => new JsonReader(schemaContent).document(), failed)
    return readSchema(node ?? null, readValue)
  }

  const written = schemasEnable ? textEnvelope(frontOf(plain.string), '}') : textEnvelope('', '')

  function readableEnvelopes() {
    if (!schemasEnable) return [textEnvelope('', '')]
    if (fixedSchema) {
      const isText = sameSchema(fixedSchema, plain.string) || sameSchema(fixedSchema, plain.optionalString)
      return isText ? [textEnvelope('', '')] : []
    }
    return [plain.string, plain.optionalString].map((schema) => textEnvelope(frontOf(schema), '}'))
  }
  const readable = readableEnvelopes()

  return {
    fromConnectData(_topic, schema, value) {
      if (schema === null && value === null) return null
      const payload = writer.of(schema)(value)
      return Buffer.from(schemasEnable ? `${frontOf(schema)}${payload}}` : payload)
    },
    toConnectData(_topic, bytes) {
      if (bytes === null) return nothing
      const failed = 'Converting byte[] to Kafka Connect data failed due to serialization error: '
      if (schemasEnable && !fixedSchema) return readEnvelope(asBuffer(bytes), failed)
      const node = attempt(() => new JsonReader(decodeJson(bytes)).document(), failed)
      return schemasEnable
        ? { schema: fixedSchema, value: readValue(fixedSchema, node) }
        : { schema: null, value: readValue(null, node) }
    },
    writeTexts: (batch, from, timestamp, to) => writeJsonTexts(written, batch, from, timestamp, to),
    readTexts: (column) => readJsonTexts(readable, column),
  }
}

function attempt<T>(read: () => T, failed: string): T {
  try {
    return read()
  } catch (cause) {
    throw new DataError(failed, { cause })
  }
}

export const jsonConverter = defineConverter({
  class: 'org.apache.kafka.connect.json.JsonConverter',
  version: kafkaVersion,
  config: jsonFields,
  converter: createJsonConverter,
  headerConverter: (config) => asHeaderConverter(createJsonConverter(config)),
})
