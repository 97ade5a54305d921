import { type ConfigOf, flag } from '#server/contract/config-field.ts'
import { registryFields } from '#server/converters/registry/registry-fields.ts'

const avro = { group: 'Avro', importance: 'low' } as const

export const avroFields = {
  ...registryFields,
  'enhanced.avro.schema.support': flag({
    doc: 'Whether enums keep being enums and names keep their package on the way from Avro to Connect and back.',
    ...avro,
    importance: 'medium',
    default: false,
  }),
  'connect.meta.data': flag({
    doc: "Whether Connect's own facts about a schema (name, version, documentation, parameters, default) are kept in the Avro schema.",
    ...avro,
    default: true,
  }),
  'generalized.sum.type.support': flag({
    doc: 'Whether unions and enums look the same in Connect whichever schema language they come from.',
    ...avro,
    default: false,
  }),
  'avro.use.logical.type.converters': flag({
    doc: "Taken for the sake of configs that have it. It makes no difference: logical types of Avro are Connect's own either way.",
    ...avro,
    default: false,
  }),
  'flatten.singleton.unions': flag({
    doc: 'Whether a union of one type is that type in Connect.',
    ...avro,
    default: true,
  }),
  'ignore.default.for.nullables': flag({
    doc: 'Whether a null stays a null where the schema is optional and has a default.',
    ...avro,
    default: false,
  }),
  'discard.type.doc.default': flag({
    doc: "Whether the documentation of an Avro type is left out where a Connect schema's own documentation is wanted.",
    ...avro,
    default: false,
  }),
  'allow.optional.map.keys': flag({
    doc: 'Whether a map whose keys are optional strings is an Avro map rather than a list of entries.',
    ...avro,
    default: false,
  }),
  'scrub.invalid.names': flag({
    doc: 'Whether characters that Avro does not allow in names are replaced by an underscore.',
    ...avro,
    default: false,
  }),
} as const

export type AvroConfig = ConfigOf<typeof avroFields>
