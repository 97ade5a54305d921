import { anythingText, isAnything, readAnything, writeAnything } from '#server/converters/avro/avro-anything.ts'
import { compatibleAvro } from '#server/converters/avro/avro-compatibility.ts'
import type { AvroConfig } from '#server/converters/avro/avro-fields.ts'
import { avroSchemaText } from '#server/converters/avro/avro-from-connect.ts'
import { avroReader } from '#server/converters/avro/avro-reader.ts'
import { parseAvroSchema } from '#server/converters/avro/avro-schema.ts'
import { connectSchema } from '#server/converters/avro/avro-to-connect.ts'
import { avroWriter } from '#server/converters/avro/avro-writer.ts'
import type { ParsedAvro } from '#server/converters/avro/parsed-avro.ts'
import { ByteSource } from '#server/converters/registry/byte-source.ts'
import { createRegistryConverter } from '#server/converters/registry/registry-converter.ts'
import type { RegistryFormat } from '#server/converters/registry/registry-format.ts'
import type { Converter } from '#server/sdk/converter.ts'
import { DataError, SerializationError } from '#server/sdk/data-error.ts'

/** Avro as Confluent's converter has it. */
export function avroFormat(config: AvroConfig): RegistryFormat<ParsedAvro> {
  return {
    kind: 'AVRO',
    messages: {
      write: (topic) => `Failed to serialize Avro data from topic ${topic} :`,
      read: (topic) => `Failed to deserialize data for topic ${topic} to Avro: `,
    },
    parse: (text, references) => ({ schema: parseAvroSchema(text, references), text, references }),
    recordName: ({ schema }) => ('name' in schema ? schema.name : undefined),
    describe: (schema) => (schema ? avroSchemaText(schema, config) : anythingText),
    checkCompatible: compatibleAvro,
    writer(schema, { schema: avro }) {
      if (schema) return avroWriter(schema, avro, config)
      if (isAnything(avro)) return writeAnything
      throw new DataError('A value without a schema cannot be written under a schema of something else')
    },
    reader({ schema: avro }, version) {
      const schema = isAnything(avro) ? null : connectSchema(avro, config, version)
      const read = schema ? avroReader(avro, schema, config) : readAnything
      return (bytes, at) => {
        const from = new ByteSource(bytes, at)
        const value = read(from)
        if (from.left > 0) throw new SerializationError('There are bytes left behind the value')
        return { schema, value }
      }
    },
  }
}

export const createAvroConverter = (config: AvroConfig, isKey: boolean): Converter =>
  createRegistryConverter(avroFormat(config), config, isKey)
