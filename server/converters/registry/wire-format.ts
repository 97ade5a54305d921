import { SerializationError } from '#server/sdk/data-error.ts'

/** The magic byte and the four bytes of the id that stand before every value. */
export const headerBytes = 5

/** The id of the schema. Throws `SerializationError` for bytes of another form. */
export function readSchemaId(bytes: Buffer): number {
  if (bytes.length < headerBytes || bytes[0] !== 0) throw new SerializationError('Unknown magic byte!')
  return bytes.readInt32BE(1)
}
