import { Decimal } from '#server/sdk/decimal.ts'
import { nearestFloat32 } from '#server/sdk/json-number.ts'

/** A number of any kind, as Java's `Number`. */
export type AnyNumber = number | bigint | Decimal

export const isAnyNumber = (value: unknown): value is AnyNumber =>
  typeof value === 'number' || typeof value === 'bigint' || value instanceof Decimal

/** The low `bits` bits of the whole part, as Java narrows (`Number.byteValue`): a double stops at the ends of an int first. */
export function narrowInt(value: AnyNumber, bits: 8 | 16 | 32): number {
  if (typeof value === 'number') return Number(BigInt.asIntN(bits, BigInt(saturated(value, -0x8000_0000, 0x7fff_ffff))))
  return Number(BigInt.asIntN(bits, wholePart(value)))
}

const longMin = -(2n ** 63n)
const longMax = 2n ** 63n - 1n

/** The whole part in 64 bits (`Number.longValue`). */
export function narrowLong(value: AnyNumber): bigint {
  if (typeof value !== 'number') return BigInt.asIntN(64, wholePart(value))
  if (Number.isNaN(value)) return 0n
  if (value >= 2 ** 63) return longMax
  return value <= -(2 ** 63) ? longMin : BigInt(Math.trunc(value))
}

/** The nearest FLOAT32 (`Number.floatValue`). */
export function toFloat(value: AnyNumber): number {
  if (typeof value === 'number') return Math.fround(value)
  return nearestFloat32(value.toString())
}

/** The nearest FLOAT64 (`Number.doubleValue`). */
export const toDouble = (value: AnyNumber): number => Number(typeof value === 'object' ? value.toString() : value)

function saturated(value: number, min: number, max: number): number {
  return Number.isNaN(value) ? 0 : Math.min(max, Math.max(min, Math.trunc(value)))
}

function wholePart(value: bigint | Decimal): bigint {
  if (typeof value === 'bigint') return value
  const { unscaled, scale } = value
  // Below this the low 64 bits are zero whatever the digits are; above it nothing of them is left.
  if (scale < -64) return 0n
  if (scale <= 0) return unscaled * 10n ** BigInt(-scale)
  return scale > unscaled.toString().length ? 0n : unscaled / 10n ** BigInt(scale)
}
