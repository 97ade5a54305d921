import { type ConfigOf, flag } from '#server/contract/config-field.ts'
import { registryFields } from '#server/converters/registry/registry-fields.ts'

const protobuf = { group: 'Protobuf', importance: 'low' } as const

export const protobufFields = {
  ...registryFields,
  'enhanced.protobuf.schema.support': flag({
    doc: 'Whether names keep their package on the way from Protobuf to Connect and back.',
    ...protobuf,
    importance: 'medium',
    default: false,
  }),
  'optional.for.nullables': flag({
    doc: 'Whether an optional field of Connect is an optional field of Protobuf, so that a null is told from a zero.',
    ...protobuf,
    importance: 'medium',
    default: false,
  }),
  'wrapper.for.nullables': flag({
    doc: 'Whether an optional field of Connect is a wrapper message of Protobuf, so that a null is told from a zero.',
    ...protobuf,
    importance: 'medium',
    default: false,
  }),
  'generalized.sum.type.support': flag({
    doc: 'Whether unions and enums look the same in Connect whichever schema language they come from.',
    ...protobuf,
    default: false,
  }),
  'int.for.enums': flag({
    doc: 'Whether an enum of Protobuf is a number in Connect rather than a text.',
    ...protobuf,
    default: false,
  }),
  'scrub.invalid.names': flag({
    doc: 'Whether characters that Protobuf does not allow in names are replaced by an underscore.',
    ...protobuf,
    default: false,
  }),
} as const

export type ProtobufConfig = ConfigOf<typeof protobufFields>
