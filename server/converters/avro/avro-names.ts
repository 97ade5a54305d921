/** The names under which Confluent's converter keeps what Avro and Connect have no word for in common. */
export const avroNamespace = 'io.confluent.connect.avro'
export const defaultRecord = 'ConnectDefault'
export const mapEntry = 'MapEntry'
export const internalType = 'connect.internal.type'
export const fixedSize = 'connect.fixed.size'
export const decimalPrecision = 'connect.decimal.precision'
/** Digits that a decimal may have when nobody says so. */
export const defaultPrecision = 64

export const avroParameters = {
  enum: `${avroNamespace}.Enum`,
  union: `${avroNamespace}.Union`,
  recordDoc: `${avroNamespace}.record.doc`,
  fieldDoc: `${avroNamespace}.field.doc.`,
  enumDoc: `${avroNamespace}.enum.doc.`,
} as const

/** The same with `generalized.sum.type.support`, for all of Confluent's converters. */
export const generalized = {
  enum: 'org.apache.kafka.connect.data.Enum',
  union: 'org.apache.kafka.connect.data.Union',
  unionPrefix: 'connect_union_',
  unionField: 'connect_union_field_',
} as const

/** The last part of a dotted name, and what stands before it. */
export function splitName(full: string): { namespace: string; name: string } {
  const dot = full.lastIndexOf('.')
  return { namespace: full.slice(0, Math.max(0, dot)), name: full.slice(dot + 1) }
}
