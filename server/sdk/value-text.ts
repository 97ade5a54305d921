import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { isInt32, javaClassOf } from '#server/sdk/java-class.ts'
import { doubleText, floatText } from '#server/sdk/java-number.ts'
import type { Schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

/**
 * A value as the text that `parseValueText` reads back (Kafka: `Values.convertToString`): a string as it is, but quoted
 * inside a list, map or struct. null is null.
 */
export const valueText = (value: Value, schema: Schema | null): string | null =>
  value === null ? null : textOf(value, schema, false)

function textOf(value: Value, schema: Schema | null, inside: boolean): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return inside ? quote(value) : value
  if (typeof value === 'number') return numberText(value, schema)
  if (typeof value === 'bigint' || typeof value === 'boolean' || value instanceof Decimal) return value.toString()
  if (value instanceof Uint8Array) {
    const base64 = Buffer.from(value).toString('base64')
    return inside ? `"${base64}"` : base64
  }
  if (value instanceof Date) return dateText(value)
  if (value instanceof Struct) {
    const fields = value.schema.fields.map(
      ({ name, schema: field }) => `${quote(name)}:${textOf(value.get(name), field, true)}`,
    )
    return `{${fields.join(',')}}`
  }
  if (value instanceof Map) {
    const { keys, values } = schema?.type === 'MAP' ? schema : { keys: null, values: null }
    return `{${[...value].map(([key, item]) => `${textOf(key, keys, true)}:${textOf(item, values, true)}`).join(',')}}`
  }
  if (!Array.isArray(value)) throw new DataError(`Failed to serialize unexpected value type ${javaClassOf(value)}`)
  const items = schema?.type === 'ARRAY' ? schema.items : null
  return `[${value.map((item: Value) => textOf(item, items, true)).join(',')}]`
}

const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`

function numberText(value: number, schema: Schema | null): string {
  if (schema?.type === 'FLOAT32') return floatText(value)
  return schema && schema.type !== 'FLOAT64' && isInt32(value) ? `${value}` : doubleText(value)
}

const dayMs = 86_400_000
const digits = (value: number, count: number) => `${value}`.padStart(count, '0')

/** A time of day below one day, a date at midnight, else both; in UTC, as the Z says. */
function dateText(date: Date): string {
  const ms = date.getTime()
  const time = `${digits(date.getUTCHours(), 2)}:${digits(date.getUTCMinutes(), 2)}:${digits(date.getUTCSeconds(), 2)}.${digits(date.getUTCMilliseconds(), 3)}Z`
  if (ms < dayMs) return time
  const day = `${digits(date.getUTCFullYear(), 4)}-${digits(date.getUTCMonth() + 1, 2)}-${digits(date.getUTCDate(), 2)}`
  return ms % dayMs === 0 ? day : `${day}T${time}`
}
