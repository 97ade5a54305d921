import { isUtf8 } from 'node:buffer'
import { copyTexts } from '#server/converters/text-column.ts'
import type { ByteColumn, RecordWriter } from '#server/sdk/converter.ts'
import { quoteJson } from '#server/sdk/json-quote.ts'
import type { TextBatch, TextColumn } from '#server/sdk/records.ts'

/** Longer strings are refused by Kafka Connect's JSON parser; the slow way says so. */
const longestString = 20_000_000

/** What stands around the characters of a text, the quotes included. */
export interface TextEnvelope {
  readonly prefix: Buffer
  readonly suffix: Buffer
}

/** An envelope from the JSON before and behind the payload. */
export const textEnvelope = (before: string, behind: string): TextEnvelope => ({
  prefix: Buffer.from(`${before}"`),
  suffix: Buffer.from(`"${behind}`),
})

/**
 * Writes texts as JSON strings in an envelope. A text without a character to escape is copied; any other takes the way
 * through a string. Answers how many were written before the batch was full.
 */
export function writeJsonTexts(
  { prefix, suffix }: TextEnvelope,
  batch: TextBatch,
  from: number,
  timestamp: number,
  writer: RecordWriter,
): number {
  const { bytes, starts, ends, count } = batch
  if (from >= count) return 0
  const words = wordsOf(bytes)
  // Between two texts lie only line ends, so the whole stretch is valid exactly when every text is.
  const valid = isUtf8(bytes.subarray(starts[from], ends[count - 1]))
  for (let i = from; i < count; i++) {
    const start = starts[i] ?? 0
    const end = ends[i] ?? 0
    const written =
      valid && isPlain(bytes, words, start, end, 0xf0)
        ? writer.appendEnveloped(timestamp, prefix, bytes, start, end, suffix)
        : writeEscaped(bytes.toString('utf8', start, end))
    if (!written) return i - from
  }
  return count - from

  function writeEscaped(text: string): boolean {
    const quoted = Buffer.from(quoteJson(text))
    return writer.appendEnveloped(timestamp, prefix, quoted, 1, quoted.length - 1, suffix)
  }
}

/**
 * Reads values that are all strings in one of these envelopes, without an escape; undefined when one of them is anything
 * else.
 */
export function readJsonTexts(envelopes: readonly TextEnvelope[], column: ByteColumn): TextColumn | undefined {
  const envelope = envelopes.find((candidate) => isWrapped(candidate, column, column.from))
  if (!envelope) return undefined
  for (let i = column.from; i < column.to; i++) if (!isWrapped(envelope, column, i)) return undefined
  const texts = copyTexts(column, envelope.prefix.length, envelope.suffix.length)
  if (!texts) return undefined
  const words = wordsOf(texts.bytes)
  for (let i = 0; i < texts.count; i++) {
    if (!isPlain(texts.bytes, words, texts.starts[i] ?? 0, texts.ends[i] ?? 0, 0x100)) return undefined
  }
  return texts
}

function isWrapped({ prefix, suffix }: TextEnvelope, { bytes, valueAt, valueLength }: ByteColumn, i: number): boolean {
  const at = valueAt[i] ?? 0
  const length = valueLength[i] ?? -1
  const inside = length - prefix.length - suffix.length
  if (inside < 0 || inside > longestString) return false
  // The end first: it differs sooner.
  const end = at + length - suffix.length
  for (let j = 0; j < suffix.length; j++) if (bytes[end + j] !== suffix[j]) return false
  for (let j = 0; j < prefix.length; j++) if (bytes[at + j] !== prefix[j]) return false
  return true
}

/** The memory of a buffer in words of four bytes; word `n` begins at byte `4n` of the memory, not of the buffer. */
const wordsOf = (bytes: Buffer) => new Int32Array(bytes.buffer, 0, bytes.buffer.byteLength >> 2)

/** Whether no byte is a quote, a backslash, a control character, or `highest` and above. */
function isPlain(bytes: Buffer, words: Int32Array, start: number, end: number, highest: number): boolean {
  const offset = bytes.byteOffset
  const firstWord = (start + offset + 3) >> 2
  const lastWord = (end + offset) >> 2
  if (firstWord >= lastWord) return isPlainByByte(bytes, start, end, highest)
  if (!isPlainByByte(bytes, start, firstWord * 4 - offset, highest)) return false
  for (let at = firstWord; at < lastWord; at++) {
    const word = words[at] ?? 0
    // Each of the three differences borrows from a byte's highest bit when the byte is below space, or the very character.
    const suspicious =
      (word | (word - 0x20202020) | ((word ^ 0x22222222) - 0x01010101) | ((word ^ 0x5c5c5c5c) - 0x01010101)) &
      0x80808080
    if (suspicious !== 0 && !isPlainByByte(bytes, at * 4 - offset, at * 4 + 4 - offset, highest)) return false
  }
  return isPlainByByte(bytes, lastWord * 4 - offset, end, highest)
}

function isPlainByByte(bytes: Buffer, start: number, end: number, highest: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0
    if (byte < 0x20 || byte === 0x22 || byte === 0x5c || byte >= highest) return false
  }
  return true
}
