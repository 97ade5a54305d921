import { jsonSchemaFields } from '#server/converters/json-schema/json-schema-fields.ts'
import { readSettings } from '#server/converters/registry/read-settings.ts'
import { registryVersion } from '#server/converters/registry/registry-fields.ts'
import { defineConverter } from '#server/sdk/converter.ts'

/** JSON with its JSON schema in a registry, as Confluent's converter has it; what it works with is loaded when a task wants it. */
export const jsonSchemaConverter = defineConverter({
  class: 'io.confluent.connect.json.JsonSchemaConverter',
  version: registryVersion,
  config: jsonSchemaFields,
  async loadConverter(given, isKey) {
    const config = readSettings(jsonSchemaFields, given)
    const { createJsonSchemaConverter } = await import('#server/converters/json-schema/json-schema-format.ts')
    return createJsonSchemaConverter(config, isKey)
  },
})
