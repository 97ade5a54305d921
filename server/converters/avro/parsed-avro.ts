import type { AvroSchema } from '#server/converters/avro/avro-schema.ts'

/** A registered schema, with the texts that it came from for whoever has to compare. */
export interface ParsedAvro {
  schema: AvroSchema
  text: string
  references: ReadonlyMap<string, string>
}
