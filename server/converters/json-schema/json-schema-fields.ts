import { type ConfigOf, flag, text } from '#server/contract/config-field.ts'
import { registryFields } from '#server/converters/registry/registry-fields.ts'

const json = { group: 'JSON Schema', importance: 'low' } as const

export const jsonSchemaFields = {
  ...registryFields,
  'decimal.format': text({
    doc: 'How decimals are written: BASE64, the bytes of the unscaled number, or NUMERIC, a JSON number.',
    ...json,
    default: 'BASE64',
    checks: [{ check: 'one-of', values: ['NUMERIC', 'BASE64'] }],
  }),
  'json.fail.invalid.schema': flag({
    doc: 'Whether a value is checked against its JSON schema when it is read and written, beyond what Connect itself checks.',
    ...json,
    importance: 'medium',
    default: false,
  }),
  'object.additional.properties': flag({
    doc: 'Whether the schemas that are registered allow properties which they do not name.',
    ...json,
    default: true,
  }),
  'use.optional.for.nonrequired.properties': flag({
    doc: 'Whether a property that its object does not require is optional in Connect, and a required one stands in the list of required properties.',
    ...json,
    default: false,
  }),
  'generalized.sum.type.support': flag({
    doc: 'Whether unions and enums look the same in Connect whichever schema language they come from.',
    ...json,
    default: false,
  }),
  'ignore.default.for.nullables': flag({
    doc: 'Whether a null stays a null where the schema is optional and has a default.',
    ...json,
    default: false,
  }),
} as const

export type JsonSchemaConfig = ConfigOf<typeof jsonSchemaFields>
