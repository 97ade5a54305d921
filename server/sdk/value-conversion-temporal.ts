import { DataError } from '#server/sdk/data-error.ts'
import { logicalOf } from '#server/sdk/logical.ts'
import { timeOfMs, timestampOf } from '#server/sdk/logical-value.ts'
import { parseValueText } from '#server/sdk/parse-value-text.ts'
import type { Schema } from '#server/sdk/schema.ts'
import type { Value } from '#server/sdk/value.ts'
import { convertToInteger, convertToLong } from '#server/sdk/value-conversion.ts'

const dayMs = 86_400_000

/** A day: that of a timestamp, or so many days from the epoch (Kafka: `Values.convertToDate`). */
export function convertToDate(schema: Schema | null, value: Value): Date {
  const given = read(value)
  if (given instanceof Date) {
    const kind = kindOf(schema)
    if (kind === 'date' || kind === undefined) return given
    if (kind === 'timestamp') return new Date(Math.trunc(given.getTime() / dayMs) * dayMs)
  }
  return timestampOf(BigInt(convertToInteger(schema, given) ?? 0) * BigInt(dayMs))
}

/** A time of day: that of a timestamp, or so many milliseconds since midnight (Kafka: `Values.convertToTime`). */
export function convertToTime(schema: Schema | null, value: Value): Date {
  const given = read(value)
  if (given instanceof Date) {
    const kind = kindOf(schema)
    if (kind === 'time' || kind === undefined) return given
    if (kind === 'timestamp') return timeOfMs(given.getTime() - Math.floor(given.getTime() / dayMs) * dayMs)
  }
  return timeOfMs(convertToInteger(schema, given) ?? 0)
}

/** A moment: any date as it is, or so many milliseconds from the epoch (Kafka: `Values.convertToTimestamp`). */
export function convertToTimestamp(schema: Schema | null, value: Value): Date {
  const given = read(value)
  if (given instanceof Date && kindOf(schema) !== 'other') return given
  return timestampOf(convertToLong(schema, given) ?? 0n)
}

/** What a text spells; its schema stays that of the text, so that a date in it is none. */
function read(value: Value): Exclude<Value, null> {
  const given = typeof value === 'string' ? (parseValueText(value)?.value ?? null) : value
  if (given === null) throw new DataError('Unable to convert a null value to a schema that requires a value')
  return given
}

/** undefined: there is no schema to say what a date means. */
function kindOf(schema: Schema | null): 'date' | 'time' | 'timestamp' | 'other' | undefined {
  if (schema === null) return undefined
  const kind = logicalOf(schema)
  return kind === undefined || kind === 'decimal' ? 'other' : kind
}
