import { skipField } from '#server/converters/protobuf/skip-field.ts'
import type { ByteSink } from '#server/converters/registry/byte-sink.ts'
import type { ByteSource } from '#server/converters/registry/byte-source.ts'
import { atScale } from '#server/converters/registry/decimal-scale.ts'
import { DataError, SerializationError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { javaClassOf } from '#server/sdk/java-class.ts'
import {
  dateDays,
  dateOfDays,
  decimalBytes,
  scaleOf,
  timeMs,
  timeOfMs,
  timestampMs,
  timestampOf,
} from '#server/sdk/logical-value.ts'
import type { Schema } from '#server/sdk/schema.ts'
import type { Value } from '#server/sdk/value.ts'

type Logical = 'timestamp' | 'date' | 'time' | 'decimal'

const dayMs = 86_400_000

/** Writes the body of the message that stands for a value of a logical type. */
export function writeLogical(logical: Logical, of: Schema, value: Value, to: ByteSink): void {
  if (logical === 'decimal') {
    if (!(value instanceof Decimal)) throw notOf(of, value)
    const unscaled = decimalBytes(of, value)
    to.byte(0x0a)
    to.varint(unscaled.length)
    to.raw(unscaled)
    number(2, BigInt((value.unscaled < 0n ? -value.unscaled : value.unscaled).toString().length), to)
    number(3, BigInt(value.scale), to)
    return
  }
  if (!(value instanceof Date)) throw notOf(of, value)
  if (logical === 'timestamp') {
    const ms = timestampMs(value)
    const seconds = Math.floor(ms / 1000)
    number(1, BigInt(seconds), to)
    number(2, BigInt(ms - seconds * 1000) * 1_000_000n, to)
  } else if (logical === 'date') {
    const date = dateOfDays(dateDays(value))
    number(1, BigInt(date.getUTCFullYear()), to)
    number(2, BigInt(date.getUTCMonth() + 1), to)
    number(3, BigInt(date.getUTCDate()), to)
  } else {
    const ms = timeMs(value)
    number(1, BigInt(Math.floor(ms / 3_600_000)), to)
    number(2, BigInt(Math.floor(ms / 60_000) % 60), to)
    number(3, BigInt(Math.floor(ms / 1000) % 60), to)
    number(4, BigInt(ms % 1000) * 1_000_000n, to)
  }
}

function number(field: number, value: bigint, to: ByteSink): void {
  if (value === 0n) return
  to.byte(field << 3)
  to.varint64(value)
}

/** Reads the body of such a message. Throws for what is no such value. */
export function readLogical(logical: Logical, of: Schema, body: ByteSource): Value {
  const { numbers, bytes } = read(body)
  const [, first = 0n, second = 0n, third = 0n, fourth = 0n] = numbers
  switch (logical) {
    case 'timestamp':
      // What is finer than a millisecond has no place in Connect.
      return timestampOf(first * 1000n + floorDiv(int32(second), 1_000_000n))
    case 'date': {
      const year = int32(first)
      const month = int32(second)
      const day = int32(third)
      if (year < 1n || year > 9999n || month < 1n || month > 12n || day < 1n || day > 31n) {
        throw new SerializationError('A google.type.Date without a year, month or day is no day')
      }
      const date = new Date(0)
      date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
      return dateOfDays(date.getTime() / dayMs)
    }
    case 'time': {
      const ms = int32(first) * 3_600_000n + int32(second) * 60_000n + int32(third) * 1000n
      return timeOfMs(Number(ms + floorDiv(int32(fourth), 1_000_000n)))
    }
    case 'decimal':
      return atScale(Decimal.fromBytes(bytes, Number(int32(third))), scaleOf(of))
  }
}

/** The fields of one of these messages: numbers, and one list of bytes. */
function read(from: ByteSource): { numbers: (bigint | undefined)[]; bytes: Buffer } {
  const numbers: (bigint | undefined)[] = []
  let bytes: Buffer = Buffer.alloc(0)
  while (from.left > 0) {
    const tag = from.varint()
    const field = Math.floor(tag / 8)
    if (tag % 8 === 0 && field >= 1 && field <= 4) numbers[field] = from.int64()
    else if (tag === 0x0a) bytes = from.raw(from.varint())
    else skipField(from, tag)
  }
  return { numbers, bytes }
}

const int32 = (value: bigint) => BigInt.asIntN(32, value)

function floorDiv(value: bigint, by: bigint): bigint {
  const whole = value / by
  return value % by < 0n ? whole - 1n : whole
}

const notOf = (of: Schema, value: Value) => new DataError(`Invalid type for ${of.name}: class ${javaClassOf(value)}`)
