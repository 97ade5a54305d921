import { converterType, kafkaVersion } from '#server/converters/converter-fields.ts'
import { asHeaderConverter, type Converter, defineConverter } from '#server/sdk/converter.ts'
import { DataError, SerializationError } from '#server/sdk/data-error.ts'
import { javaClassOf } from '#server/sdk/java-class.ts'
import { schema } from '#server/sdk/schema.ts'

const optional = schema.boolean({ optional: true })

/** A boolean as one byte, 0 or 1. */
const converter: Converter = {
  fromConnectData(_topic, of, value) {
    if (of && of.type !== 'BOOLEAN') throw new DataError(`Invalid schema type for BooleanConverter: ${of.type}`)
    if (value === null) return null
    if (typeof value === 'boolean') return Buffer.from([value ? 1 : 0])
    throw new DataError(`BooleanConverter is not compatible with objects of type class ${javaClassOf(value)}`)
  },
  toConnectData(_topic, bytes) {
    if (bytes === null) return { schema: optional, value: null }
    try {
      return { schema: optional, value: read(bytes) }
    } catch (cause) {
      throw new DataError('Failed to deserialize boolean: ', { cause })
    }
  },
}

function read(bytes: Uint8Array): boolean {
  if (bytes.length !== 1) throw new SerializationError('Size of data received by BooleanDeserializer is not 1')
  const [byte = 0] = bytes
  if (byte > 1) throw new SerializationError(`Unexpected byte received by BooleanDeserializer: ${byte}`)
  return byte === 1
}

export const booleanConverter = defineConverter({
  class: 'org.apache.kafka.connect.converters.BooleanConverter',
  version: kafkaVersion,
  config: { 'converter.type': converterType },
  converter: () => converter,
  headerConverter: () => asHeaderConverter(converter),
})
