import { Decimal } from '#server/sdk/decimal.ts'
import { JsonDecimal, type JsonNode } from '#server/sdk/json-node.ts'

/** The low 64 bits of a number without its fraction (Java: `longValue`); 0 for what is no number. */
export function int64Of(node: JsonNode): bigint {
  if (typeof node === 'number') return BigInt(node)
  if (typeof node === 'bigint') return BigInt.asIntN(64, node)
  if (!(node instanceof JsonDecimal)) return 0n
  const decimal = node.toDecimal()
  return decimal ? lowBits(decimal) : 0n
}

function lowBits({ unscaled, scale }: Decimal): bigint {
  // 10^64 and more has no bit below 2^64; more places than digits leave nothing of a number.
  if (scale <= -64 || scale > 1000) return 0n
  const whole = scale > 0 ? unscaled / 10n ** BigInt(scale) : unscaled * 10n ** BigInt(-scale)
  return BigInt.asIntN(64, whole)
}

/** The nearest FLOAT64; 0 for what is no number. */
export function float64Of(node: JsonNode): number {
  if (typeof node === 'number') return node
  if (typeof node === 'bigint') return Number(node)
  return node instanceof JsonDecimal ? node.toNumber() : 0
}

/** The nearest FLOAT32; 0 for what is no number. */
export function float32Of(node: JsonNode): number {
  if (node instanceof JsonDecimal) return nearestFloat32(node.text)
  return typeof node === 'bigint' ? nearestFloat32(node.toString()) : Math.fround(float64Of(node))
}

const bits = new DataView(new ArrayBuffer(8))

/** The FLOAT32 nearest to a decimal number: rounding to FLOAT64 first must not decide a tie that is none. */
export function nearestFloat32(text: string): number {
  const near = Number(text)
  const float = Math.fround(near) + 0
  bits.setFloat64(0, near)
  const halfway = (bits.getUint32(4) & 0x1fffffff) === 0x10000000
  if (!halfway || !Number.isFinite(float)) return float
  const exact = Decimal.parse(text)
  const side = exact ? compareWithDouble(exact, near) : 0
  if (side === 0) return float
  // One FLOAT64 step to the side where the number really lies breaks the tie.
  const step = side > 0 === near > 0 ? 1n : -1n
  bits.setBigUint64(0, bits.getBigUint64(0) + step)
  return Math.fround(bits.getFloat64(0))
}

function compareWithDouble({ unscaled, scale }: Decimal, double: number): number {
  if (Math.abs(scale) > 1100) return 0
  const { numerator, denominator } = exactRatio(double)
  const left = unscaled * (scale < 0 ? 10n ** BigInt(-scale) : 1n) * denominator
  const right = numerator * (scale > 0 ? 10n ** BigInt(scale) : 1n)
  return left < right ? -1 : left > right ? 1 : 0
}

function exactRatio(double: number): { numerator: bigint; denominator: bigint } {
  let numerator = double
  let denominator = 1n
  while (!Number.isInteger(numerator)) {
    numerator *= 2
    denominator *= 2n
  }
  return { numerator: BigInt(numerator), denominator }
}
