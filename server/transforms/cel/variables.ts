import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import type { Schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { ConnectRecord } from '#server/sdk/transform.ts'
import type { Value } from '#server/sdk/value.ts'
import { refuseLongText } from '#server/transforms/cel/sizes.ts'
import type { WorkBudget } from '#server/transforms/cel/work-budget.ts'

const longestList = 1000

/** What an expression knows of a record: its parts, in values of CEL. */
export function recordVariables(record: ConnectRecord, budget: WorkBudget): Record<string, unknown> {
  const { topic, partition = null, timestamp = null, key = null, value, headers = [] } = record
  return {
    topic,
    partition: partition === null ? null : BigInt(partition),
    offset: 'offset' in record ? BigInt(record.offset) : null,
    timestamp: timestamp === null ? null : new Date(timestamp),
    key: celValue(key, record.keySchema ?? null, budget),
    value: celValue(value, record.valueSchema ?? null, budget),
    // Of headers of one name the last counts.
    headers: new Map(headers.map(({ name, value: content, schema }) => [name, celValue(content, schema, budget)])),
  }
}

/**
 * Structs and maps are maps, which have no other members than their own; integers are `int`, a Decimal is the nearest
 * `double`.
 */
function celValue(value: Value, schema: Schema | null, budget: WorkBudget): unknown {
  budget.spend(1)
  switch (typeof value) {
    case 'number':
      return schema?.type.startsWith('INT') ? BigInt(value) : value
    case 'string':
      refuseLongText(value.length)
      return value
    case 'object':
      return value === null ? null : celObject(value, schema, budget)
    default:
      return value
  }
}

function celObject(value: Exclude<Value & object, null>, schema: Schema | null, budget: WorkBudget): unknown {
  if (value instanceof Struct) {
    return new Map(value.schema.fields.map(({ name, schema: of }) => [name, celValue(value.get(name), of, budget)]))
  }
  if (value instanceof Date) return value
  if (value instanceof Decimal) return Number(value.toString())
  // A Buffer is not what the library takes for bytes.
  if (value instanceof Uint8Array) return new Uint8Array(value.buffer, value.byteOffset, value.length)
  if (value instanceof Map) {
    const { keys, values } = schema?.type === 'MAP' ? schema : { keys: null, values: null }
    return new Map([...value].map(([key, item]) => [celValue(key, keys, budget), celValue(item, values, budget)]))
  }
  const items = [...(value as readonly Value[])]
  if (items.length > longestList) throw new DataError(`A list of ${items.length} items is too long for CEL`)
  const of = schema?.type === 'ARRAY' ? schema.items : null
  return items.map((item) => celValue(item, of, budget))
}
