/** An exact decimal number, `unscaled` × 10^-`scale` (Java: `BigDecimal`). Nothing is ever rounded. */
export class Decimal {
  readonly unscaled: bigint
  readonly scale: number

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled
    this.scale = scale
  }

  /** Reads a number as JSON or Java writes it; undefined when it is none. */
  static parse(text: string): Decimal | undefined {
    const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/.exec(text)
    if (!match) return undefined
    const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
    if (whole === '' && fraction === '') return undefined
    const digits = BigInt(`${whole}${fraction}`)
    return new Decimal(sign === '-' ? -digits : digits, fraction.length - Number(exponent))
  }

  /** From two's-complement big-endian bytes, as Kafka Connect stores the unscaled value. */
  static fromBytes(bytes: Uint8Array, scale: number): Decimal {
    const magnitude = bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
    const negative = ((bytes[0] ?? 0) & 0x80) !== 0
    return new Decimal(negative ? magnitude - (1n << BigInt(bytes.length * 8)) : magnitude, scale)
  }

  /** The unscaled value in as few two's-complement big-endian bytes as hold it (Java: `BigInteger.toByteArray`). */
  toBytes(): Buffer {
    const { unscaled } = this
    const bits = (unscaled < 0n ? -unscaled - 1n : unscaled).toString(2).replace(/^0$/, '').length
    const length = Math.floor(bits / 8) + 1
    const hex = BigInt.asUintN(length * 8, unscaled).toString(16)
    return Buffer.from(hex.padStart(length * 2, '0'), 'hex')
  }

  /** Without an exponent (Java: `BigDecimal.toPlainString`). */
  toPlainString(): string {
    const { unscaled, scale } = this
    const sign = unscaled < 0n ? '-' : ''
    const digits = (unscaled < 0n ? -unscaled : unscaled).toString()
    if (scale <= 0) return unscaled === 0n ? '0' : `${sign}${digits}${'0'.repeat(-scale)}`
    const padded = digits.padStart(scale + 1, '0')
    return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`
  }

  /** With an exponent where the plain form would be long (Java: `BigDecimal.toString`). */
  toString(): string {
    const { unscaled, scale } = this
    const digits = (unscaled < 0n ? -unscaled : unscaled).toString()
    const exponent = digits.length - 1 - scale
    if (scale >= 0 && exponent >= -6) return this.toPlainString()
    const sign = unscaled < 0n ? '-' : ''
    const mantissa = digits.length > 1 ? `${digits[0]}.${digits.slice(1)}` : digits
    return `${sign}${mantissa}E${exponent >= 0 ? '+' : ''}${exponent}`
  }
}
