import { asciiDigits } from '#server/sdk/ascii-digits.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { isInt64 } from '#server/sdk/java-class.ts'
import { nearestFloat32 } from '#server/sdk/json-number.ts'
import { logical } from '#server/sdk/logical.ts'
import { schema } from '#server/sdk/schema.ts'
import type { SchemaAndValue } from '#server/sdk/value.ts'

const schemas = {
  int8: schema.int8(),
  int16: schema.int16(),
  int32: schema.int32(),
  int64: schema.int64(),
  float32: schema.float32(),
  float64: schema.float64(),
}

/**
 * A number in the smallest type that Kafka Connect finds for it: an integer however it is written, else FLOAT32 while its
 * range holds, then FLOAT64, then a Decimal. Undefined for what is no number.
 */
export function parseNumber(given: string): SchemaAndValue | undefined {
  const text = asciiDigits(given)
  const decimal = Decimal.parse(text)
  if (!decimal) return undefined
  const whole = wholeOf(decimal)
  if (whole !== undefined && isInt64(whole)) return integer(whole)
  if (decimal.scale !== 0) {
    const float = nearestFloat32(text)
    if (Number.isFinite(float)) return { schema: schemas.float32, value: float }
    if (Number.isFinite(Number(text))) return { schema: schemas.float64, value: Number(text) }
  }
  return { schema: logical.decimal(decimal.scale), value: decimal }
}

/** The integer that the number is; undefined when it is none, or has more than twenty digits anyway. */
function wholeOf({ unscaled, scale }: Decimal): bigint | undefined {
  if (unscaled === 0n) return 0n
  if (scale <= 0) return scale < -20 ? undefined : unscaled * 10n ** BigInt(-scale)
  const longest = unscaled.toString().length
  if (scale > longest) return undefined
  const unit = 10n ** BigInt(scale)
  return unscaled % unit === 0n ? unscaled / unit : undefined
}

function integer(value: bigint): SchemaAndValue {
  if (BigInt.asIntN(8, value) === value) return { schema: schemas.int8, value: Number(value) }
  if (BigInt.asIntN(16, value) === value) return { schema: schemas.int16, value: Number(value) }
  if (BigInt.asIntN(32, value) === value) return { schema: schemas.int32, value: Number(value) }
  return { schema: schemas.int64, value }
}
