import type { JsonReader } from '#server/sdk/json-reader.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
/** The six bits of each character; -1 for those that base64 has no use for. */
const bits = Int8Array.from({ length: 128 }, (_, code) => alphabet.indexOf(String.fromCharCode(code)))

const [quote, equals] = [34, 61]
/** Six bytes: every number of so many is exact. */
const mostCharacters = 8

/**
 * The number that up to six bytes in base64 stand for in two's complement, read from a text in quotes at the reader's place;
 * undefined for a text that is longer, has spaces in it, or is no base64. The reader then stands where it stood.
 */
export function smallBase64(reader: JsonReader): number | undefined {
  const { text } = reader
  if (text.charCodeAt(reader.at) !== quote) return undefined
  const from = reader.at + 1
  let value = 0
  let at = from
  for (; at - from < mostCharacters; at++) {
    const six = bits[text.charCodeAt(at)] ?? -1
    if (six < 0) break
    value = value * 64 + six
  }
  const digits = at - from
  const padding = paddingAt(text, at)
  const bytes = ((digits + padding) / 4) * 3 - padding
  if (text.charCodeAt(at + padding) !== quote || (digits + padding) % 4 !== 0 || bytes <= 0) return undefined
  reader.at = at + padding + 1
  // The last character of a padded group has bits that stand for nothing.
  const unsigned = Math.floor(value / 4 ** padding)
  const range = 256 ** bytes
  return unsigned >= range / 2 ? unsigned - range : unsigned
}

function paddingAt(text: string, at: number): number {
  if (text.charCodeAt(at) !== equals) return 0
  return text.charCodeAt(at + 1) === equals ? 2 : 1
}
