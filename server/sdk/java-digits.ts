const bits = new DataView(new ArrayBuffer(8))

/**
 * The decimal digits of a finite number other than zero, and the exponent of the first, as Java up to 18 finds them: the
 * shortest that lie strictly between the neighbours, but two at least where an exponent is written, and of a whole number
 * beyond the precision all that its place values reach. `precision` is 53 for a FLOAT64, 24 for a FLOAT32.
 */
export function freeFormDigits(value: number, precision: 53 | 24): [digits: string, exponent: number] {
  const { fraction, exponent, significant } = decompose(Math.abs(value), precision)
  const fractionBits = fraction.toString(2).length
  if (exponent < 63 && exponent >= fractionBits - 1)
    return wholeDigits(fraction << BigInt(exponent - fractionBits + 1), exponent, significant)
  return generate(fraction, fractionBits, exponent, significant)
}

/** An odd `fraction`, the binary `exponent` of its first bit, and how many bits the type has there. */
function decompose(value: number, precision: 53 | 24) {
  bits.setFloat64(0, value)
  const raw = bits.getBigUint64(0)
  const stored = Number(raw >> 52n)
  let fraction = raw & ((1n << 52n) - 1n)
  let exponent = stored - 1023
  if (stored > 0) fraction |= 1n << 52n
  else exponent = fraction.toString(2).length - 1075
  while ((fraction & 1n) === 0n) fraction >>= 1n
  const [smallest, width] = precision === 53 ? [-1022, 53] : [-126, 24]
  return { fraction, exponent, significant: exponent < smallest ? width - (smallest - exponent) : width }
}

/** Digits that lie below the precision are rounded away. */
function wholeDigits(whole: bigint, exponent: number, significant: number): [string, number] {
  const below = exponent > significant ? exponent - significant - 1 : 0
  const cut = below > 1 ? `${2n ** BigInt(below)}`.length - 1 : 0
  const unit = 10n ** BigInt(cut)
  const rounded = cut > 0 && (whole % unit) * 2n >= unit ? whole / unit + 1n : whole / unit
  const text = rounded.toString()
  return [text.replace(/0+$/, ''), text.length - 1 + cut]
}

/** Digit by digit, `number / scale` being what is left and `half` the distance to where the neighbours begin. */
function generate(fraction: bigint, fractionBits: number, exponent: number, significant: number): [string, number] {
  let power = estimate(fraction, fractionBits, exponent)
  const twos = exponent - fractionBits + 1
  let number = fraction * 10n ** BigInt(Math.max(0, -power))
  let scale = 10n ** BigInt(Math.max(0, power))
  let half = 10n ** BigInt(Math.max(0, -power))
  // Everything times a power of two, so that all three are whole; the neighbour below a power of two is half as far.
  const halfTwos = exponent - significant - (fractionBits === 1 ? 1 : 0)
  const lift = BigInt(Math.max(0, -twos, -halfTwos))
  number <<= BigInt(twos) + lift
  half <<= BigInt(halfTwos) + lift
  scale <<= lift

  let digits = ''
  const tens = scale * 10n
  const next = () => {
    const digit = number / scale
    number = (number % scale) * 10n
    half *= 10n
    return digit
  }
  const first = next()
  let low = number < half
  let high = number + half > tens
  if (first === 0n && !high) power -= 1
  else digits = first.toString()
  if (power < -3 || power >= 8) {
    low = false
    high = false
  }
  while (!low && !high) {
    digits += next().toString()
    low = number < half
    high = number + half > tens
  }
  const up = high && (!low || number * 2n > tens || (number * 2n === tens && /[13579]$/.test(digits)))
  if (!up) return [digits.replace(/(?!^)0+$/, ''), power]
  const rounded = (BigInt(digits) + 1n).toString()
  return [rounded.replace(/(?!^)0+$/, ''), power + rounded.length - digits.length]
}

/** The decimal exponent, or one more. */
function estimate(fraction: bigint, fractionBits: number, exponent: number): number {
  const mantissa = Number(fraction) / 2 ** (fractionBits - 1)
  return Math.floor((mantissa - 1.5) * 0.289529654 + 0.176091259 + exponent * 0.301029995663981)
}
