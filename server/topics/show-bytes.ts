import { isUtf8 } from 'node:buffer'
import type { RecordFormat, ShownBytes } from '#server/contract/topics.ts'

/** At most so many bytes are shown of one key, value or header. */
export const mostShownBytes = 16 * 1024

/**
 * Bytes as text. The text is what stands in the bytes, never printed anew, so that no digit of a number is lost. `json` and
 * `auto` fall back to text and then to hex; `text` always is text, with U+FFFD where the bytes are not UTF-8.
 */
export function showBytes(given: Uint8Array, format: RecordFormat): ShownBytes {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength)
  if (format === 'hex') return asHex(bytes)
  const truncated = bytes.length > mostShownBytes
  const head = truncated ? wholeCharacters(bytes, mostShownBytes) : bytes
  if (format === 'text') return { text: head.toString('utf8'), format, truncated }
  if (!isUtf8(head)) return asHex(bytes)
  const text = head.toString('utf8')
  if (truncated ? beginsAsJson(text) : isJson(text)) return { text, format: 'json', truncated }
  return head.some(isControl) ? asHex(bytes) : { text, format: 'text', truncated }
}

function asHex(bytes: Buffer): ShownBytes {
  const most = mostShownBytes / 2
  return { text: bytes.toString('hex', 0, most), format: 'hex', truncated: bytes.length > most }
}

/** The first `most` bytes, or up to three fewer: a character of several bytes is not cut through. */
function wholeCharacters(bytes: Buffer, most: number): Buffer {
  let end = most
  while (end > most - 3 && isContinuation(bytes[end])) end--
  return bytes.subarray(0, isContinuation(bytes[end]) ? most : end)
}

const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80

/** Bytes that stand for controls, which no text has; tab, line feed and carriage return it may have. */
const isControl = (byte: number) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Only the beginning is at hand: an object or an array begins so, and hardly any other text. */
const beginsAsJson = (text: string) => /^\s*(\{\s*["}]|\[\s*["[{\d\-tfn\]])/.test(text)
