import { messageAt, readIndexes, writeIndexes } from '#server/converters/protobuf/message-indexes.ts'
import { protoText } from '#server/converters/protobuf/proto-from-connect.ts'
import { messageReader, type ReadMessage } from '#server/converters/protobuf/proto-reader.ts'
import { type ProtoFile, parseProto } from '#server/converters/protobuf/proto-schema.ts'
import { connectMessage } from '#server/converters/protobuf/proto-to-connect.ts'
import { messageWriter } from '#server/converters/protobuf/proto-writer.ts'
import type { ProtobufConfig } from '#server/converters/protobuf/protobuf-fields.ts'
import { ByteSource } from '#server/converters/registry/byte-source.ts'
import { createRegistryConverter } from '#server/converters/registry/registry-converter.ts'
import type { RegistryFormat } from '#server/converters/registry/registry-format.ts'
import type { Converter } from '#server/sdk/converter.ts'
import { DataError } from '#server/sdk/data-error.ts'
import type { Schema } from '#server/sdk/schema.ts'

/** Protobuf as Confluent's converter has it. */
export function protobufFormat(config: ProtobufConfig): RegistryFormat<ProtoFile> {
  return {
    kind: 'PROTOBUF',
    messages: {
      write: (topic) => `Failed to serialize Protobuf data from topic ${topic} :`,
      read: (topic) => `Failed to deserialize data for topic ${topic} to Protobuf: `,
    },
    parse: parseProto,
    recordName: ([message]) => message?.name,
    describe: (schema) => protoText(withSchema(schema), config),
    writer(schema, file) {
      const of = withSchema(schema)
      const simpleName = of.name?.slice(of.name.lastIndexOf('.') + 1)
      const at = Math.max(
        0,
        file.findIndex((message) => message.simpleName === simpleName),
      )
      const indexes = [at]
      const write = messageWriter(of, messageAt(file, indexes), config)
      return (value, to) => {
        writeIndexes(indexes, to)
        write(value, to)
      }
    },
    reader(file, version) {
      // As many as the file has messages: others are refused before they are kept.
      const readers = new Map<string, { schema: Schema; read: ReadMessage }>()
      return (bytes, at) => {
        const from = new ByteSource(bytes, at)
        const indexes = readIndexes(from)
        const key = indexes.join('.')
        let known = readers.get(key)
        if (!known) {
          const message = messageAt(file, indexes)
          const schema = connectMessage(message, config, version)
          known = { schema, read: messageReader(message, schema) }
          readers.set(key, known)
        }
        return { schema: known.schema, value: known.read(from) }
      }
    },
  }
}

function withSchema(schema: Schema | null): Schema {
  if (schema) return schema
  throw new DataError('Protobuf needs a schema: let the source give one, or use another converter')
}

export const createProtobufConverter = (config: ProtobufConfig, isKey: boolean): Converter =>
  createRegistryConverter(protobufFormat(config), config, isKey)
