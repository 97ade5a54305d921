import { JsonDecimal } from '#server/sdk/json-node.ts'
import type { JsonReader } from '#server/sdk/json-reader.ts'
import type { Value } from '#server/sdk/value.ts'

/** Reads what stands at the reader's place and moves behind it; undefined, at any place, when it has not the usual form. */
export type ReadAt = (reader: JsonReader) => Value | undefined

const [space, quote, minus, point, zero, nine, backslash] = [32, 34, 45, 46, 48, 57, 92]
/** Of so many digits every integer is exact. */
const exactDigits = 15
/** Up to here it is cheaper to look at every character than to search for the quote that ends the text. */
const shortText = 48

/** An integer without a fraction or exponent behind it; undefined for any other number, which `reader.value` reads. */
export function integer(reader: JsonReader): number | undefined {
  const { text } = reader
  const start = text.charCodeAt(reader.at) === minus ? reader.at + 1 : reader.at
  let at = start
  let value = 0
  for (let code = text.charCodeAt(at); code >= zero && code <= nine; code = text.charCodeAt(++at)) {
    value = value * 10 + code - zero
  }
  if (at === start || at - start > exactDigits || isNumberPart(text.charCodeAt(at))) return undefined
  const negative = start !== reader.at && value !== 0
  reader.at = at
  return negative ? -value : value
}

const isNumberPart = (code: number) => code === point || code === 101 || code === 69

/** An integer that stays the same when so many of 32 bits are left out. */
export const ofBits = (leftOut: number, value: number | undefined) =>
  value !== undefined && (value << leftOut) >> leftOut === value ? value : undefined

export const int64: ReadAt = (reader) => {
  const value = integer(reader)
  if (value !== undefined) return BigInt(value)
  const node = reader.value()
  if (typeof node === 'number') return BigInt(node)
  return typeof node === 'bigint' && BigInt.asIntN(64, node) === node ? node : undefined
}

export const float64: ReadAt = (reader) => {
  const value = integer(reader)
  if (value !== undefined) return value
  const node = reader.value()
  if (node instanceof JsonDecimal) return node.toNumber()
  return typeof node === 'number' ? node : undefined
}

export const boolean: ReadAt = (reader) => {
  const node = reader.value()
  return typeof node === 'boolean' ? node : undefined
}

export const timestamp: ReadAt = (reader) => {
  const ms = integer(reader)
  const date = ms === undefined ? undefined : new Date(ms)
  return date && !Number.isNaN(date.getTime()) ? date : undefined
}

export function text(reader: JsonReader): string | undefined {
  const { text: all } = reader
  const from = reader.at + 1
  if (all.charCodeAt(reader.at) !== quote) return undefined
  const most = from + shortText
  for (let at = from; at < most; at++) {
    const code = all.charCodeAt(at)
    if (code === quote) {
      reader.at = at + 1
      return all.slice(from, at)
    }
    // A text that ends here, a control character or an escape.
    if (!(code >= space) || code === backslash) break
  }
  const node = reader.value()
  return typeof node === 'string' ? node : undefined
}
