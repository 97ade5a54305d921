import { avroFields } from '#server/converters/avro/avro-fields.ts'
import { readSettings } from '#server/converters/registry/read-settings.ts'
import { registryVersion } from '#server/converters/registry/registry-fields.ts'
import { defineConverter } from '#server/sdk/converter.ts'

/** Avro as Confluent's converter has it; what it works with is loaded when a task wants it. */
export const avroConverter = defineConverter({
  class: 'io.confluent.connect.avro.AvroConverter',
  version: registryVersion,
  config: avroFields,
  async loadConverter(given, isKey) {
    const config = readSettings(avroFields, given)
    const { createAvroConverter } = await import('#server/converters/avro/avro-format.ts')
    return createAvroConverter(config, isKey)
  },
})
