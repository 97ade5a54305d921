import type { Schema } from '#server/sdk/schema.ts'

/** The names under which Confluent's converter keeps what Protobuf and Connect have no word for in common. */
export const protobufNames = {
  tag: 'io.confluent.connect.protobuf.Tag',
  union: 'io.confluent.connect.protobuf.Union',
  enum: 'io.confluent.connect.protobuf.Enum',
  generalUnion: 'org.apache.kafka.connect.data.Union',
  generalEnum: 'org.apache.kafka.connect.data.Enum',
  defaultMessage: 'ConnectDefault',
} as const

export const scalarTypes = [
  'double',
  'float',
  'int32',
  'int64',
  'uint32',
  'uint64',
  'sint32',
  'sint64',
  'fixed32',
  'fixed64',
  'sfixed32',
  'sfixed64',
  'bool',
  'string',
  'bytes',
] as const
export type ScalarType = (typeof scalarTypes)[number]

/** Messages that stand for one value: Connect's logical types, and scalars that may be missing. */
export const knownMessages: Readonly<Record<string, 'timestamp' | 'date' | 'time' | 'decimal' | ScalarType>> = {
  'google.protobuf.Timestamp': 'timestamp',
  'google.type.Date': 'date',
  'google.type.TimeOfDay': 'time',
  'confluent.type.Decimal': 'decimal',
  'google.protobuf.DoubleValue': 'double',
  'google.protobuf.FloatValue': 'float',
  'google.protobuf.Int32Value': 'int32',
  'google.protobuf.Int64Value': 'int64',
  'google.protobuf.UInt32Value': 'uint32',
  'google.protobuf.UInt64Value': 'uint64',
  'google.protobuf.BoolValue': 'bool',
  'google.protobuf.StringValue': 'string',
  'google.protobuf.BytesValue': 'bytes',
}

/** The files that define them. */
export const importOf = (message: string): string => {
  if (message.endsWith('Value')) return 'google/protobuf/wrappers.proto'
  if (message.endsWith('Timestamp')) return 'google/protobuf/timestamp.proto'
  if (message.endsWith('Decimal')) return 'confluent/type/decimal.proto'
  return message.endsWith('Date') ? 'google/type/date.proto' : 'google/type/timeofday.proto'
}

/** The name of the choice that a struct stands for; undefined when it is a message. */
export function choiceName(schema: Schema): string | undefined {
  const general = schema.parameters?.get(protobufNames.generalUnion)
  if (general !== undefined) return general
  if (schema.name === undefined || !schema.name.startsWith(`${protobufNames.union}.`)) return undefined
  return schema.name.slice(protobufNames.union.length + 1)
}
