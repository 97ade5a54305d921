import { isUtf8 } from 'node:buffer'
import type { ByteColumn } from '#server/sdk/converter.ts'
import type { TextColumn } from '#server/sdk/records.ts'

const lineFeed = 10

/**
 * Copies values into one buffer, each followed by a line feed: the shape in which a line-oriented sink writes them. Answers
 * undefined when a value is null.
 *
 * `trimStart` and `trimEnd` bytes of every value are left out (an envelope that the caller has compared).
 */
export function copyValues(column: ByteColumn, trimStart = 0, trimEnd = 0): TextColumn | undefined {
  const { bytes, from, to, valueAt, valueLength } = column
  const count = to - from
  const starts = new Int32Array(count)
  const ends = new Int32Array(count)
  let size = 0
  for (let i = from; i < to; i++) {
    const length = valueLength[i] ?? -1
    if (length < 0) return undefined
    size += length - trimStart - trimEnd + 1
  }
  const out = Buffer.allocUnsafeSlow(size)
  let at = 0
  for (let i = 0; i < count; i++) {
    const begin = (valueAt[from + i] ?? 0) + trimStart
    const length = (valueLength[from + i] ?? 0) - trimStart - trimEnd
    starts[i] = at
    bytes.copy(out, at, begin, begin + length)
    at += length
    ends[i] = at
    out[at++] = lineFeed
  }
  return { bytes: out, count, starts, ends }
}

/** As `copyValues`, for texts: undefined also when one is invalid. No character spans a line feed, so one check tells. */
export function copyTexts(column: ByteColumn, trimStart = 0, trimEnd = 0): TextColumn | undefined {
  const texts = copyValues(column, trimStart, trimEnd)
  return texts && isUtf8(texts.bytes) ? texts : undefined
}
