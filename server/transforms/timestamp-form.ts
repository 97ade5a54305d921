import { DataError } from '#server/sdk/data-error.ts'
import { isInt64, javaClassOf } from '#server/sdk/java-class.ts'
import { logical, logicalOf } from '#server/sdk/logical.ts'
import { timestampOf } from '#server/sdk/logical-value.ts'
import { type Schema, schema } from '#server/sdk/schema.ts'
import { schemaText } from '#server/sdk/schema-text.ts'
import type { Value } from '#server/sdk/value.ts'
import type { DateFormat } from '#server/transforms/date-format/date-format.ts'

/** The forms that a moment may have, in the words of `target.type`. */
export const timestampForms = ['string', 'unix', 'Date', 'Time', 'Timestamp'] as const
export type TimestampForm = (typeof timestampForms)[number]

/** What a unit of a Unix time is of a millisecond. */
export const unixPrecisions = {
  nanoseconds: -1_000_000n,
  microseconds: -1000n,
  milliseconds: 1n,
  seconds: 1000n,
} as const
export type UnixPrecision = keyof typeof unixPrecisions

export interface TimestampSettings {
  /** As it was written, for messages. */
  readonly pattern: string
  /** Missing when no text has to be read or written. */
  readonly format: DateFormat | undefined
  readonly precision: UnixPrecision
}

const dayMs = 86_400_000

/** Schemas of the forms: each twice, so that records of one kind share one. */
const schemas = {
  string: both(schema.string),
  unix: both(schema.int64),
  Date: both(logical.date),
  Time: both(logical.time),
  Timestamp: both(logical.timestamp),
}

function both(make: (attributes: { optional: boolean }) => Schema) {
  return { required: make({ optional: false }), optional: make({ optional: true }) }
}

export const schemaOfForm = (form: TimestampForm, optional: boolean): Schema =>
  schemas[form][optional ? 'optional' : 'required']

/** The form that values of a schema have. */
export function formOfSchema(of: Schema): TimestampForm {
  const kind = logicalOf(of)
  if (kind === 'timestamp') return 'Timestamp'
  if (kind === 'date') return 'Date'
  if (kind === 'time') return 'Time'
  if (of.type === 'STRING') return 'string'
  if (of.type === 'INT64') return 'unix'
  throw new DataError(`Schema ${schemaText(of)} does not correspond to a known timestamp type format`)
}

/** The form of a value without a schema. */
export function formOfValue(value: Value): TimestampForm {
  if (value instanceof Date) return 'Timestamp'
  if (typeof value === 'bigint' && isInt64(value)) return 'unix'
  if (typeof value === 'string') return 'string'
  throw new DataError(`TimestampConverter does not support class ${javaClassOf(value)} objects as timestamps`)
}

/** A moment out of one form, as milliseconds since the epoch. */
export function readMoment(form: TimestampForm, value: Value, settings: TimestampSettings): number {
  if (form === 'string') return readText(value, settings)
  if (form === 'unix') {
    if (typeof value !== 'bigint') throw unexpected('Unix timestamp to be a Long', value)
    return timestampOf(inUnits(value, -1n, settings.precision)).getTime()
  }
  if (!(value instanceof Date)) throw unexpected(`${form} to be a java.util.Date`, value)
  return value.getTime()
}

function readText(value: Value, { format, pattern }: TimestampSettings): number {
  if (typeof value !== 'string') throw unexpected('string timestamp to be a String', value)
  if (!format)
    throw new DataError('TimestampConverter requires format option to be specified when using string timestamps')
  const ms = format.parse(value)
  if (ms === undefined) {
    throw new DataError(`Could not parse timestamp: value (${value}) does not match pattern (${pattern})`, {
      cause: new Error(`Unparseable date: "${value}"`),
    })
  }
  return ms
}

const unexpected = (what: string, value: Value) =>
  new DataError(`Expected ${what}, but found class ${javaClassOf(value)}`)

/** A moment in another form. */
export function writeMoment(form: TimestampForm, ms: number, settings: TimestampSettings): Value {
  switch (form) {
    case 'string':
      return settings.format?.format(ms) ?? null
    case 'unix':
      return inUnits(BigInt(ms), 1n, settings.precision)
    case 'Date':
      return new Date(Math.floor(ms / dayMs) * dayMs)
    case 'Time':
      return new Date(ms - Math.floor(ms / dayMs) * dayMs)
    case 'Timestamp':
      return new Date(ms)
  }
}

const longMax = 2n ** 63n - 1n

/** From milliseconds (1) or to them (-1): fractions are cut off, and nothing goes beyond 64 bits (Java: `TimeUnit.convert`). */
function inUnits(value: bigint, direction: 1n | -1n, precision: UnixPrecision): bigint {
  const factor = unixPrecisions[precision] * direction
  if (precision === 'milliseconds') return value
  if (factor > 0n) return value / factor
  const product = value * -factor
  if (product > longMax) return longMax
  return product < -longMax ? -longMax - 1n : product
}
