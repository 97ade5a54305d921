import fc from 'fast-check'
import type { FieldSchema } from '#server/protocol/schema.ts'

const covers = (range: readonly [number, number] | undefined, version: number) =>
  range !== undefined && version >= range[0] && version <= range[1]

const anyText = fc.string({ unit: 'grapheme', maxLength: 20 })

/** Any value that a message of this version can carry; with `texts` all strings are of them. */
export function anyStruct(
  schema: readonly FieldSchema[],
  version: number,
  texts: fc.Arbitrary<string> = anyText,
): fc.Arbitrary<Record<string, unknown>> {
  const members: Record<string, fc.Arbitrary<unknown>> = {}
  for (const [name, type, versions, detail = {}] of schema) {
    if (!covers(versions, version)) continue
    const base = anyScalar(type.replace('[]', ''), detail.fields ?? [], version, texts)
    const value = type.startsWith('[]') ? fc.array(base, { maxLength: 3 }) : base
    members[name] = covers(detail.nullable, version) ? fc.option(value) : value
  }
  return fc.record(members)
}

function anyScalar(
  type: string,
  fields: readonly FieldSchema[],
  version: number,
  texts: fc.Arbitrary<string>,
): fc.Arbitrary<unknown> {
  const bytes = (length?: number) =>
    fc
      .uint8Array(length === undefined ? { maxLength: 40 } : { minLength: length, maxLength: length })
      .map((array) => Buffer.from(array))
  switch (type) {
    case 'bool':
      return fc.boolean()
    case 'int8':
      return fc.integer({ min: -128, max: 127 })
    case 'int16':
      return fc.integer({ min: -32768, max: 32767 })
    case 'uint16':
      return fc.integer({ min: 0, max: 65535 })
    case 'int32':
      return fc.integer()
    case 'uint32':
      return fc.integer({ min: 0, max: 0xffffffff })
    case 'int64':
      return fc.maxSafeInteger()
    case 'bigint':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'float64':
      return fc.double({ noNaN: true })
    case 'uuid':
      return bytes(16).map((id) => id.toString('base64url'))
    case 'string':
      return texts
    case 'struct':
      return anyStruct(fields, version, texts)
    default:
      return bytes()
  }
}
