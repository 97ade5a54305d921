import { protobufFields } from '#server/converters/protobuf/protobuf-fields.ts'
import { readSettings } from '#server/converters/registry/read-settings.ts'
import { registryVersion } from '#server/converters/registry/registry-fields.ts'
import { defineConverter } from '#server/sdk/converter.ts'

/** Protobuf as Confluent's converter has it; what it works with is loaded when a task wants it. */
export const protobufConverter = defineConverter({
  class: 'io.confluent.connect.protobuf.ProtobufConverter',
  version: registryVersion,
  config: protobufFields,
  async loadConverter(given, isKey) {
    const config = readSettings(protobufFields, given)
    const { createProtobufConverter } = await import('#server/converters/protobuf/protobuf-format.ts')
    return createProtobufConverter(config, isKey)
  },
})
