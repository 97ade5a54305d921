import { freeFormDigits } from '#server/sdk/java-digits.ts'

/** A FLOAT64 as Java writes it: always a fraction, and an exponent outside 10^-3 to 10^7 (`Double.toString`, Java 17). */
export function doubleText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return Object.is(value, -0) ? '-0.0' : `${value}.0`
  if (!Number.isFinite(value)) return `${value}`
  const [mantissa = '', power = '0'] = Math.abs(value).toExponential().split('e')
  const digits = mantissa.replace('.', '')
  const simple = digits.length <= 15 && !isPowerOfTwo(value) && Math.abs(value) < 2 ** 53 && Math.abs(value) > 1e-307
  return simple ? javaText(value < 0, digits, Number(power)) : javaText(value < 0, ...freeFormDigits(value, 53))
}

/** A FLOAT32 in few digits that tell it from its neighbours (`Float.toString`, Java 17). */
export function floatText(value: number): string {
  const float = Math.fround(value)
  if (Number.isInteger(float) && Math.abs(float) < 1e7) return doubleText(float)
  if (!Number.isFinite(float)) return `${float}`
  const size = Math.abs(float)
  if (size < 2 ** 24 && size > 1e-37 && !isPowerOfTwo(float)) {
    for (let digits = 0; digits < 6; digits++) {
      const text = size.toExponential(digits)
      if (Math.fround(Number(text)) !== size) continue
      const [mantissa = '', power = '0'] = text.split('e')
      return javaText(float < 0, mantissa.replace('.', ''), Number(power))
    }
  }
  return javaText(float < 0, ...freeFormDigits(float, 24))
}

const bits = new DataView(new ArrayBuffer(8))

/** Whether the number is a power of two: there Java takes its lower neighbour for nearer than the upper one. */
function isPowerOfTwo(value: number): boolean {
  bits.setFloat64(0, value)
  return bits.getUint32(4) === 0 && (bits.getUint32(0) & 0xfffff) === 0
}

/** `digits` with the point behind the first, times 10^`exponent`. */
function javaText(negative: boolean, digits: string, exponent: number): string {
  const sign = negative ? '-' : ''
  if (exponent < -3 || exponent >= 7) return `${sign}${digits[0]}.${digits.slice(1) || '0'}E${exponent}`
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`
}
