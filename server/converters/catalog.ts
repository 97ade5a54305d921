import { avroConverter } from '#server/converters/avro/avro-converter.ts'
import { booleanConverter } from '#server/converters/boolean-converter.ts'
import { byteArrayConverter } from '#server/converters/byte-array-converter.ts'
import { jsonConverter } from '#server/converters/json-converter.ts'
import { jsonSchemaConverter } from '#server/converters/json-schema/json-schema-converter.ts'
import { numberConverters } from '#server/converters/number-converters.ts'
import { protobufConverter } from '#server/converters/protobuf/protobuf-converter.ts'
import { simpleHeaderConverter } from '#server/converters/simple-header-converter.ts'
import { stringConverter } from '#server/converters/string-converter.ts'
import type { ConverterPlugin } from '#server/sdk/converter.ts'

/** Every converter that comes with Sluice. */
export const converters: readonly ConverterPlugin[] = [
  avroConverter,
  booleanConverter,
  byteArrayConverter,
  jsonConverter,
  jsonSchemaConverter,
  ...numberConverters,
  protobufConverter,
  simpleHeaderConverter,
  stringConverter,
]
