import { DataError } from '#server/sdk/data-error.ts'
import type { Decimal } from '#server/sdk/decimal.ts'
import type { Schema } from '#server/sdk/schema.ts'

const dayMs = 86_400_000

/** The digits behind the point that a Decimal schema asks for (Kafka: `Decimal.scale`). */
export function scaleOf(schema: Schema): number {
  const text = schema.parameters?.get('scale')
  if (text === undefined) throw new DataError('Invalid Decimal schema: scale parameter not found.')
  if (!/^[+-]?\d{1,10}$/.test(text)) throw new DataError('Invalid scale parameter found in Decimal schema: ')
  return Number(text)
}

/** The bytes under a Decimal schema; the value must have exactly the schema's scale. */
export function decimalBytes(schema: Schema, value: Decimal): Buffer {
  const scale = scaleOf(schema)
  if (value.scale !== scale) {
    throw new DataError(
      `Decimal value has mismatching scale for given Decimal schema. Schema has scale ${scale}, value has scale ${value.scale}.`,
    )
  }
  return value.toBytes()
}

/** Days since the epoch. */
export function dateDays(value: Date): number {
  const ms = value.getTime()
  if (ms % dayMs !== 0) {
    throw new DataError('Kafka Connect Date type should not have any time fields set to non-zero values.')
  }
  return ms / dayMs
}

/** A Date; as far from the epoch as `timestampOf`. */
export function dateOfDays(days: number): Date {
  const date = new Date(days * dayMs)
  if (Number.isNaN(date.getTime())) throw new DataError(`Date ${days} is too far from the epoch`)
  return date
}

/** Milliseconds since midnight. */
export function timeMs(value: Date): number {
  const ms = value.getTime()
  if (!(ms >= 0 && ms <= dayMs)) {
    throw new DataError('Kafka Connect Time type should not have any date fields set to non-zero values.')
  }
  return ms
}

export function timeOfMs(ms: number): Date {
  if (ms < 0 || ms > dayMs) {
    throw new DataError('Time values must use number of milliseconds greater than 0 and less than 86400000')
  }
  return new Date(ms)
}

/** A Timestamp; a `Date` reaches 273,790 years to either side of the epoch, and nothing beyond is guessed. */
export function timestampOf(ms: bigint): Date {
  const date = new Date(Number(ms))
  if (Number.isNaN(date.getTime())) throw new DataError(`Timestamp ${ms} is too far from the epoch`)
  return date
}

/** Milliseconds since the epoch. */
export function timestampMs(value: Date): number {
  const ms = value.getTime()
  if (Number.isNaN(ms)) throw new DataError('Invalid Date')
  return ms
}
