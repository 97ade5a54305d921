import { Decimal } from '#server/sdk/decimal.ts'
import { doubleText, floatText } from '#server/sdk/java-number.ts'
import type { Schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

/**
 * A value as text, in the form that Java's `toString` gives it: `{a=1, b=2}`, `[x, y]`, `Struct{id=7}`, `1.0E10`. Byte
 * arrays have no such form; whoever may meet them asks `isBytes` first.
 */
export function textForm(value: Value, schema: Schema | null = null): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'bigint':
    case 'boolean':
      return value.toString()
    case 'number':
      return numberText(value, schema)
    default:
      return value === null ? 'null' : objectText(value, schema)
  }
}

function numberText(value: number, schema: Schema | null): string {
  if (schema === null || schema.type === 'FLOAT64') return doubleText(value)
  return schema.type === 'FLOAT32' ? floatText(value) : `${value}`
}

function objectText(value: Exclude<Value, null | string | bigint | boolean | number>, schema: Schema | null): string {
  if (value instanceof Date) return dateText(value)
  if (value instanceof Decimal) return value.toString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value instanceof Struct) return structText(value)
  if (value instanceof Map) {
    const { keys, values } = schema?.type === 'MAP' ? schema : { keys: null, values: null }
    return `{${[...value].map(([key, item]) => `${textForm(key, keys)}=${textForm(item, values)}`).join(', ')}}`
  }
  const items = schema?.type === 'ARRAY' ? schema.items : null
  return `[${[...(value as readonly Value[])].map((item) => textForm(item, items)).join(', ')}]`
}

function structText(struct: Struct): string {
  const fields = struct.schema.fields.flatMap(({ name, schema }) => {
    const value = struct.stored(name)
    return value === null ? [] : [`${name}=${textForm(value, schema)}`]
  })
  return `Struct{${fields.join(',')}}`
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (n: number) => `${n}`.padStart(2, '0')

/** `Thu Jan 01 00:00:00 UTC 1970` (Java: `Date.toString`, always in UTC). */
function dateText(date: Date): string {
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`
  const day = `${days[date.getUTCDay()]} ${months[date.getUTCMonth()]} ${two(date.getUTCDate())}`
  return `${day} ${time} UTC ${date.getUTCFullYear()}`
}

export const isBytes = (value: Value): value is Uint8Array => value instanceof Uint8Array

/** Half of a pair alone is written as `?`, as Java's UTF-8 encoder does. */
export const utf8 = (text: string): Buffer =>
  Buffer.from(text.isWellFormed() ? text : text.replace(/\p{Surrogate}/gu, '?'), 'utf8')
