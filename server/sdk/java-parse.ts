import { javaTrim } from '#server/contract/java-trim.ts'
import { nearestFloat32 } from '#server/sdk/json-number.ts'

const whole = /^[+-]?\d{1,25}$/
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?=[dDfF]?$)/
const hex = /^([+-]?)0[xX]([\da-fA-F]*)(?:\.([\da-fA-F]*))?[pP]([+-]?\d{1,9})[dDfF]?$/
const word = /^[+-]?(?:NaN|Infinity)$/

/** A whole number of at most `bits` bits (Java: `Byte.parseByte` to `Long.parseLong`); undefined for any other text. */
export function parseJavaInteger(text: string, bits: 8 | 16 | 32 | 64): bigint | undefined {
  if (!whole.test(text)) return undefined
  const value = BigInt(text.replace('+', ''))
  return BigInt.asIntN(bits, value) === value ? value : undefined
}

/** A FLOAT64 as `Double.parseDouble` reads it: space around it, a type's letter behind it, hexadecimal; undefined for none. */
export const parseJavaDouble = (text: string): number | undefined => parseFloating(text, Number)

/** A FLOAT32 as `Float.parseFloat` reads it. */
export const parseJavaFloat = (text: string): number | undefined => parseFloating(text, nearestFloat32)

function parseFloating(given: string, nearest: (digits: string) => number): number | undefined {
  const text = javaTrim(given)
  if (word.test(text)) return Number(text.replace(/[+-]?NaN/, 'NaN'))
  const digits = decimal.exec(text)
  if (digits) return nearest(digits[0])
  const [, sign, high = '', low = '', power] = hex.exec(text) ?? []
  if (`${high}${low}` === '') return undefined
  const size = Number(BigInt(`0x${high}${low}`)) * 2 ** (Number(power) - low.length * 4)
  return sign === '-' ? -size : size
}
