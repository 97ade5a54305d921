import { converterType, kafkaVersion } from '#server/converters/converter-fields.ts'
import { copyValues } from '#server/converters/text-column.ts'
import { asHeaderConverter, type Converter, defineConverter } from '#server/sdk/converter.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { javaClassOf } from '#server/sdk/java-class.ts'
import { plain } from '#server/sdk/schema.ts'

/** Bytes as they are. Texts are not written: a text is not a byte array, and Kafka refuses it too. */
const converter: Converter = {
  fromConnectData(_topic, schema, value) {
    if (schema && schema.type !== 'BYTES') {
      throw new DataError(`Invalid schema type for ByteArrayConverter: ${schema.type}`)
    }
    if (value === null || value instanceof Uint8Array) return value
    throw new DataError(`ByteArrayConverter is not compatible with objects of type class ${javaClassOf(value)}`)
  },
  toConnectData: (_topic, bytes) => ({ schema: plain.optionalBytes, value: bytes }),
  readTexts: copyValues,
  total: true,
}

export const byteArrayConverter = defineConverter({
  class: 'org.apache.kafka.connect.converters.ByteArrayConverter',
  version: kafkaVersion,
  config: { 'converter.type': converterType },
  converter: () => converter,
  headerConverter: () => asHeaderConverter(converter),
})
