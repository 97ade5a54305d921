import { isUtf8 } from 'node:buffer'
import { SerializationError } from '#server/sdk/data-error.ts'

/**
 * The text of a JSON document in UTF-8, UTF-16 or UTF-32, told apart as RFC 4627 says: by a byte order mark, or by where the
 * zeros of the first characters lie. Throws `SerializationError` for bytes that are no text.
 */
export function decodeJson(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const first = buffer[0]
  if (first === undefined) return ''
  if (first !== 0 && first < 0x80 && buffer[1] !== 0) return decodeUtf8(buffer, 0)
  if (first === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf) return decodeUtf8(buffer, 3)
  const wide = buffer.length >= 4 ? buffer.readUInt32BE(0) : undefined
  if (wide === 0x0000feff) return utf32(buffer, 4, true)
  if (wide === 0xfffe0000) return utf32(buffer, 4, false)
  const half = buffer.length >= 2 ? buffer.readUInt16BE(0) : undefined
  if (half === 0xfeff) return utf16(buffer, 2, true)
  if (half === 0xfffe) return utf16(buffer, 2, false)
  if (wide !== undefined && wide >>> 8 === 0) return utf32(buffer, 0, true)
  if (wide !== undefined && (wide & 0x00ffffff) === 0) return utf32(buffer, 0, false)
  if (half !== undefined && half >>> 8 === 0) return utf16(buffer, 0, true)
  if (half !== undefined && (half & 0x00ff) === 0) return utf16(buffer, 0, false)
  return decodeUtf8(buffer, 0)
}

/** The text from byte `from` on, where a character begins, of bytes that are known to be UTF-8 if anything. */
export function decodeUtf8(buffer: Buffer, from: number): string {
  if (!isUtf8(from === 0 ? buffer : buffer.subarray(from))) throw new SerializationError('Invalid UTF-8')
  return buffer.toString('utf8', from)
}

function utf16(buffer: Buffer, from: number, bigEndian: boolean): string {
  const even = buffer.subarray(from, from + ((buffer.length - from) & ~1))
  return (bigEndian ? Buffer.from(even).swap16() : even).toString('utf16le')
}

function utf32(buffer: Buffer, from: number, bigEndian: boolean): string {
  let text = ''
  for (let at = from; at + 4 <= buffer.length; at += 4) {
    const point = bigEndian ? buffer.readUInt32BE(at) : buffer.readUInt32LE(at)
    if (point > 0x10ffff) throw new SerializationError('Invalid UTF-32')
    text += String.fromCodePoint(point)
  }
  return text
}
