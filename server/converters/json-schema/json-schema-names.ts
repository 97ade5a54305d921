import type { Schema } from '#server/sdk/schema.ts'

/** The names under which Confluent's converter keeps what JSON Schema and Connect have no word for in common. */
export const jsonNames = {
  union: 'io.confluent.connect.json.OneOf',
  unionField: 'io.confluent.connect.json.OneOf.field.',
  enum: 'io.confluent.connect.json.Enum',
  generalUnion: 'org.apache.kafka.connect.data.Union',
  generalUnionName: 'connect_union_',
  generalUnionField: 'connect_union_field_',
  generalEnum: 'org.apache.kafka.connect.data.Enum',
} as const

/** Whether a struct stands for one of several schemas. */
export const isJsonUnion = (schema: Schema): boolean =>
  schema.type === 'STRUCT' &&
  (schema.name === jsonNames.union || schema.parameters?.has(jsonNames.generalUnion) === true)

/** Whether a map is a JSON object; else it is a list of entries. */
export const isJsonObjectMap = (schema: Schema): boolean =>
  schema.type === 'MAP' && schema.keys?.type === 'STRING' && !schema.keys.optional
