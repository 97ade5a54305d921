import { Decimal } from '#server/sdk/decimal.ts'
import { sameSchema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

/** Whether two values are the same to the last bit; maps in any order, as Java's have none. */
export function sameValue(a: Value, b: Value): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (a instanceof Date) return b instanceof Date && a.getTime() === b.getTime()
  if (a instanceof Decimal) return b instanceof Decimal && a.unscaled === b.unscaled && a.scale === b.scale
  if (a instanceof Struct) {
    return (
      b instanceof Struct &&
      sameSchema(a.schema, b.schema) &&
      a.schema.fields.every((_field, at) => sameValue(a.storedAt(at), b.storedAt(at)))
    )
  }
  if (a instanceof Map) {
    if (!(b instanceof Map) || a.size !== b.size) return false
    const others = [...b]
    return [...a].every(([key, value]) =>
      others.some(([otherKey, other]) => sameValue(key, otherKey) && sameValue(value, other)),
    )
  }
  return (
    Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, at) => sameValue(item, b[at]))
  )
}
