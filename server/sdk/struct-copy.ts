import { DataError } from '#server/sdk/data-error.ts'
import type { Field } from '#server/sdk/schema.ts'
import type { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

/** How a transform reads a field that is null and has a default. */
export type ReadField = (struct: Struct, at: number) => Value

/** `replace.null.with.default` (KIP-1040): the default in place of null, or the null as it is. */
export const fieldReader = (replaceNull: boolean): ReadField =>
  replaceNull
    ? (struct, at) => struct.storedAt(at) ?? struct.schema.fields[at]?.schema.default ?? null
    : (struct, at) => struct.storedAt(at)

/** A value that goes into a field of the schema it came from: only a null can be out of place there. */
export function carried({ name, schema }: Field, value: Value): Value {
  if (value === null && !schema.optional) {
    throw new DataError(`Invalid value: null used for required field: "${name}", schema type: ${schema.type}`)
  }
  return value
}
