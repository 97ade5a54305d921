import { DataError } from '#server/sdk/data-error.ts'
import { isInt64, javaClassOf } from '#server/sdk/java-class.ts'
import { type AnyNumber, isAnyNumber, narrowInt, narrowLong, toDouble, toFloat } from '#server/sdk/java-narrowing.ts'
import { parseJavaDouble, parseJavaFloat, parseJavaInteger } from '#server/sdk/java-parse.ts'
import { logicalOf } from '#server/sdk/logical.ts'
import { dateDays, timeMs, timestampMs } from '#server/sdk/logical-value.ts'
import type { Schema, SchemaType } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import { textForm } from '#server/sdk/text-form.ts'
import type { Value } from '#server/sdk/value.ts'
import { valueText } from '#server/sdk/value-text.ts'
import { type CastType, castTypes } from '#server/transforms/cast-spec.ts'

const castable: readonly string[] = [...castTypes, 'BYTES']

/** A value as another type: numbers narrow as Java's do, texts are read strictly. null stays null. */
export function castValue(from: Schema | null, value: Value, type: CastType | 'STRUCT'): Value {
  if (value === null) return null
  const given = from?.type ?? typeOf(value)
  if (!castable.includes(given)) {
    throw new DataError(
      `Cast transformation does not support casting from ${given}; supported types are [${castable.join(', ')}]`,
    )
  }
  const plain = value instanceof Date && from && type !== 'STRING' ? counted(from, value) : value
  switch (type) {
    case 'INT8':
      return toInteger(plain, 8)
    case 'INT16':
      return toInteger(plain, 16)
    case 'INT32':
      return toInteger(plain, 32)
    case 'INT64':
      return toNumber(plain, narrowLong, (text) => parseJavaInteger(text, 64))
    case 'FLOAT32':
      return toNumber(plain, toFloat, parseJavaFloat)
    case 'FLOAT64':
      return toNumber(plain, toDouble, parseJavaDouble)
    case 'BOOLEAN':
      return toBoolean(plain)
    case 'STRING':
      return toText(from, value)
    case 'STRUCT':
      throw new DataError(`Cast transformation does not support casting to ${type}`)
  }

  /** Without a schema an integer is a `bigint`, however small. */
  function toInteger(given: Value, bits: 8 | 16 | 32): Value {
    const cast = toNumber(
      given,
      (number) => narrowInt(number, bits),
      (text) => {
        const read = parseJavaInteger(text, bits)
        return read === undefined ? undefined : Number(read)
      },
    )
    return from === null ? BigInt(cast) : cast
  }
}

/** Which type a value is of without a schema (Kafka: `ConnectSchema.schemaType`). */
function typeOf(value: Value): SchemaType {
  if (typeof value === 'string') return 'STRING'
  if (typeof value === 'boolean') return 'BOOLEAN'
  if (typeof value === 'number') return 'FLOAT64'
  if (typeof value === 'bigint' && isInt64(value)) return 'INT64'
  if (value instanceof Uint8Array) return 'BYTES'
  if (value instanceof Struct) return 'STRUCT'
  if (value instanceof Map) return 'MAP'
  if (Array.isArray(value)) return 'ARRAY'
  throw new DataError(
    `Cast transformation was passed a value of type class ${javaClassOf(value)} which is not supported by Connect's data API`,
  )
}

/** A date as the number that its schema counts. */
function counted(from: Schema, value: Date): Value {
  const kind = logicalOf(from)
  if (kind === 'date') return dateDays(value)
  if (kind === 'time') return timeMs(value)
  return kind === 'timestamp' ? BigInt(timestampMs(value)) : value
}

function toNumber<To extends number | bigint>(
  value: Value,
  narrow: (number: AnyNumber) => To,
  read: (text: string) => To | undefined,
): To {
  if (isAnyNumber(value)) return narrow(value)
  if (typeof value === 'boolean') return narrow(value ? 1 : 0)
  if (typeof value !== 'string') throw unexpected(value)
  const number = read(value)
  if (number === undefined) {
    throw new DataError(`Value (${value}) was out of range for requested data type`, {
      cause: new Error(`For input string: "${value}"`),
    })
  }
  return number
}

/** A number by its whole part; a text when it says true. */
function toBoolean(value: Value): boolean {
  if (isAnyNumber(value)) return narrowLong(value) !== 0n
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') return value.toLowerCase() === 'true'
  throw unexpected(value)
}

function toText(from: Schema | null, value: Value): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return value instanceof Date ? (valueText(value, from) ?? '') : textForm(value, from)
}

const unexpected = (value: Value) =>
  new DataError(`Unexpected type in Cast transformation: class ${javaClassOf(value)}`)
