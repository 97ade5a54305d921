import { converterType, kafkaVersion } from '#server/converters/converter-fields.ts'
import { asHeaderConverter, type Converter, type ConverterPlugin, defineConverter } from '#server/sdk/converter.ts'
import { DataError, SerializationError } from '#server/sdk/data-error.ts'
import { javaClassOf } from '#server/sdk/java-class.ts'
import { type PrimitiveType, type Schema, schema } from '#server/sdk/schema.ts'
import { isValueOf } from '#server/sdk/validate-value.ts'
import type { Value } from '#server/sdk/value.ts'

interface NumberKind {
  name: string
  type: PrimitiveType
  size: number
  /** Who complains of a wrong size. */
  deserializer: string
  write(bytes: Buffer, value: Value): void
  read(bytes: Buffer): Value
}

/** Numbers as their bytes, big-endian. */
const kinds: readonly NumberKind[] = [
  {
    name: 'Short',
    type: 'INT16',
    size: 2,
    deserializer: 'ShortDeserializer',
    write: (bytes, value) => bytes.writeInt16BE(Number(value)),
    read: (bytes) => bytes.readInt16BE(),
  },
  {
    name: 'Integer',
    type: 'INT32',
    size: 4,
    deserializer: 'IntegerDeserializer',
    write: (bytes, value) => bytes.writeInt32BE(Number(value)),
    read: (bytes) => bytes.readInt32BE(),
  },
  {
    name: 'Long',
    type: 'INT64',
    size: 8,
    deserializer: 'LongDeserializer',
    write: (bytes, value) => bytes.writeBigInt64BE(value as bigint),
    read: (bytes) => bytes.readBigInt64BE(),
  },
  {
    name: 'Float',
    type: 'FLOAT32',
    size: 4,
    deserializer: 'Deserializer',
    write: (bytes, value) => bytes.writeFloatBE(Number(value)),
    read: (bytes) => bytes.readFloatBE(),
  },
  {
    name: 'Double',
    type: 'FLOAT64',
    size: 8,
    deserializer: 'Deserializer',
    write: (bytes, value) => bytes.writeDoubleBE(Number(value)),
    read: (bytes) => bytes.readDoubleBE(),
  },
]

function numberConverter({ name, type, size, deserializer, write, read }: NumberKind): Converter {
  const word = name.toLowerCase()
  const required = schema.primitive(type)
  const optional = schema.primitive(type, { optional: true })

  const isFloat = type === 'FLOAT32' || type === 'FLOAT64'

  /**
   * Under a schema a number is of the schema's type; alone it is INT64 or FLOAT64 and may be written smaller where nothing
   * of it is lost.
   */
  function numberFor(given: Schema | null, value: Value): Value | undefined {
    if (given) {
      return (typeof value === 'bigint' || given.type === type) && isValueOf(required, value) ? value : undefined
    }
    if (typeof value === 'bigint') {
      const number = type === 'INT64' ? value : Number(value)
      return !isFloat && isValueOf(required, number) ? number : undefined
    }
    const keepsAll = type === 'FLOAT64' || (typeof value === 'number' && Object.is(Math.fround(value), value))
    return isFloat && typeof value === 'number' && keepsAll ? value : undefined
  }

  return {
    fromConnectData(_topic, given, value) {
      if (value === null) return null
      const number = numberFor(given, value)
      if (number === undefined) {
        throw new DataError(`Failed to serialize to ${word} (was class ${javaClassOf(value)}): `)
      }
      const bytes = Buffer.allocUnsafe(size)
      write(bytes, number)
      return bytes
    },
    toConnectData(_topic, bytes) {
      if (bytes === null) return { schema: optional, value: null }
      if (bytes.length !== size) {
        const cause = new SerializationError(`Size of data received by ${deserializer} is not ${size}`)
        throw new DataError(`Failed to deserialize ${word}: `, { cause })
      }
      return { schema: optional, value: read(Buffer.from(bytes.buffer, bytes.byteOffset, size)) }
    },
  }
}

export const numberConverters: readonly ConverterPlugin[] = kinds.map((kind) => {
  const converter = numberConverter(kind)
  return defineConverter({
    class: `org.apache.kafka.connect.converters.${kind.name}Converter`,
    version: kafkaVersion,
    // Kafka's IntegerConverter alone tells of no setting.
    config: kind.type === 'INT32' ? {} : { 'converter.type': converterType },
    converter: () => converter,
    headerConverter: () => asHeaderConverter(converter),
  })
})
