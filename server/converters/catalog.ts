import { byteArrayConverter } from '#server/converters/byte-array-converter.ts'
import { jsonConverter } from '#server/converters/json-converter.ts'
import { stringConverter } from '#server/converters/string-converter.ts'
import type { ConverterPlugin } from '#server/sdk/converter.ts'

/** Every converter that comes with Sluice. */
export const converters: readonly ConverterPlugin[] = [byteArrayConverter, jsonConverter, stringConverter]
