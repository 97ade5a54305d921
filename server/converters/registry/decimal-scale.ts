import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'

/** The most digits that a scale is stretched by. */
const mostDigits = 1000

/** The same number with this many digits behind the point. Throws `DataError` when it has more: nothing is rounded. */
export function atScale(value: Decimal, scale: number): Decimal {
  const missing = scale - value.scale
  if (missing === 0) return value
  if (Math.abs(missing) <= mostDigits) {
    if (missing > 0) return new Decimal(value.unscaled * 10n ** BigInt(missing), scale)
    const divisor = 10n ** BigInt(-missing)
    if (value.unscaled % divisor === 0n) return new Decimal(value.unscaled / divisor, scale)
  }
  throw new DataError(`The number has more than ${scale} digits behind the point`)
}
