import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { javaClassOf } from '#server/sdk/java-class.ts'
import { type AnyNumber, isAnyNumber, narrowLong, toDouble, toFloat } from '#server/sdk/java-narrowing.ts'
import { doubleText } from '#server/sdk/java-number.ts'
import { logical, logicalOf } from '#server/sdk/logical.ts'
import { dateDays, timeMs, timestampMs } from '#server/sdk/logical-value.ts'
import { parseValueText } from '#server/sdk/parse-value-text.ts'
import type { Schema } from '#server/sdk/schema.ts'
import { schemaText } from '#server/sdk/schema-text.ts'
import { textForm } from '#server/sdk/text-form.ts'
import type { Value } from '#server/sdk/value.ts'

/**
 * Values as one of the primitive types, as leniently as Kafka Connect (`Values.convertTo…`): texts are read as numbers,
 * dates counted as their schema says, and what does not fit loses its high bits. null is null; what is no number at all
 * throws `DataError`.
 */
export const convertToByte = (schema: Schema | null, value: Value) => numberAs(schema, value, lowBits(8))
export const convertToShort = (schema: Schema | null, value: Value) => numberAs(schema, value, lowBits(16))
export const convertToInteger = (schema: Schema | null, value: Value) => numberAs(schema, value, lowBits(32))
export const convertToLong = (schema: Schema | null, value: Value) => numberAs(schema, value, narrowLong)
export const convertToFloat = (schema: Schema | null, value: Value) => numberAs(schema, value, toFloat)
export const convertToDouble = (schema: Schema | null, value: Value) => numberAs(schema, value, toDouble)

/** Any number but zero is true; a text is what it spells. */
export function convertToBoolean(schema: Schema | null, value: Value): boolean | null {
  if (value === null || typeof value === 'boolean') return value
  const spelled = typeof value === 'string' ? parseValueText(value)?.value : undefined
  return typeof spelled === 'boolean' ? spelled : narrowLong(numberOf(schema, value)) !== 0n
}

/** A number with the scale that its digits show; the bytes of an unscaled number take the given `scale`. */
export function convertToDecimal(value: Value, scale: number): Decimal {
  if (value === null) throw new DataError('Unable to convert a null value to a schema that requires a value')
  if (value instanceof Decimal) return value
  if (value instanceof Uint8Array) return Decimal.fromBytes(value, scale)
  const text = isAnyNumber(value) ? doubleText(Number(value)) : value
  if (typeof text !== 'string') throw unableToConvert(value, null, schemaText(logical.decimal(scale)))
  const read = Decimal.parse(text)
  if (!read) throw unableToConvert(value, null, 'number')
  return read
}

/** Unlike a cast, by way of 64 bits. */
const lowBits = (bits: number) => (number: AnyNumber) => Number(BigInt.asIntN(bits, narrowLong(number)))

function numberAs<To>(schema: Schema | null, value: Value, narrow: (number: AnyNumber) => To): To | null {
  return value === null ? null : narrow(numberOf(schema, value))
}

function numberOf(schema: Schema | null, value: Value): AnyNumber {
  if (isAnyNumber(value)) return value
  if (typeof value === 'string') {
    const read = Decimal.parse(value)
    if (read) return read
  }
  const kind = value instanceof Date && schema ? logicalOf(schema) : undefined
  if (kind === 'date') return dateDays(value as Date)
  if (kind === 'time') return timeMs(value as Date)
  if (kind === 'timestamp') return BigInt(timestampMs(value as Date))
  throw unableToConvert(value, schema, schema ? schemaText(schema) : 'a number')
}

export const unableToConvert = (value: Value, schema: Schema | null, to: string) =>
  new DataError(`Unable to convert ${textForm(value, schema)} (class ${javaClassOf(value)}) to ${to}`)
