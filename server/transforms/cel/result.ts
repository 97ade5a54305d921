import { DataError } from '#server/sdk/data-error.ts'
import { logical } from '#server/sdk/logical.ts'
import { type Schema, schema } from '#server/sdk/schema.ts'
import type { Value } from '#server/sdk/value.ts'
import { largest } from '#server/transforms/cel/sizes.ts'
import type { WorkBudget } from '#server/transforms/cel/work-budget.ts'

/**
 * A result of CEL as a value of a record. Throws `DataError` for what has no counterpart, such as a duration, and for what has
 * too many parts: one list may lie in another many times.
 */
export function fromCel(result: unknown, budget: WorkBudget): Value {
  let left = largest.result

  function convert(part: unknown): Value {
    budget.spend(1)
    left -= 1
    if (left < 0) throw new DataError(`The expression makes a value of more than ${largest.result} parts`)
    switch (typeof part) {
      case 'string':
      case 'boolean':
      case 'number':
      case 'bigint':
        return part
      case 'object':
        return part === null ? null : fromObject(part)
      default:
        throw unfit()
    }
  }

  function fromObject(part: object): Value {
    if (part instanceof Date || part instanceof Uint8Array) return part
    if (Array.isArray(part)) return part.map(convert)
    if (part instanceof Map) return new Map([...part].map(([key, value]) => [convert(key), convert(value)]))
    // An unsigned integer of CEL is an object around one.
    const number = part.valueOf()
    if (typeof number === 'bigint') return number
    const prototype = Object.getPrototypeOf(part)
    if (prototype !== Object.prototype && prototype !== null) throw unfit()
    return new Map(Object.entries(part).map(([key, value]) => [key, convert(value)]))
  }

  return convert(result)
}

const unfit = () => new DataError('The expression makes a value that a record cannot hold')

const primitives = {
  string: schema.string({ optional: true }),
  boolean: schema.boolean({ optional: true }),
  bigint: schema.int64({ optional: true }),
  number: schema.float64({ optional: true }),
  bytes: schema.bytes({ optional: true }),
  timestamp: logical.timestamp({ optional: true }),
} as const

/** The schema of such a value; undefined for null, which has none. All that lies in a list or map must be of one type. */
export function schemaOfCel(value: Value): Schema | undefined {
  if (value === null) return undefined
  if (typeof value === 'string') return primitives.string
  if (typeof value === 'boolean') return primitives.boolean
  if (typeof value === 'bigint') return primitives.bigint
  if (typeof value === 'number') return primitives.number
  if (value instanceof Uint8Array) return primitives.bytes
  if (value instanceof Date) return primitives.timestamp
  if (value instanceof Map)
    return schema.map(common([...value.keys()]), common([...value.values()]), { optional: true })
  return schema.array(common(value as readonly Value[]), { optional: true })
}

function common(values: readonly Value[]): Schema {
  const schemas = values.flatMap((value) => schemaOfCel(value) ?? [])
  const [first = primitives.string] = schemas
  if (schemas.some((other) => JSON.stringify(other) !== JSON.stringify(first))) {
    throw new DataError('All items of a list or map must be of one type')
  }
  return first
}
