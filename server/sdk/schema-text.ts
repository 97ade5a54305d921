import type { Schema } from '#server/sdk/schema.ts'

/** A schema as messages show it: `Schema{STRING}`, `Schema{shop.Order:STRUCT}` (Kafka: `ConnectSchema.toString`). */
export const schemaText = (of: Schema): string =>
  of.name === undefined ? `Schema{${of.type}}` : `Schema{${of.name}:${of.type}}`
