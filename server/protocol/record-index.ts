import type { RecordHeader } from '#server/protocol/batch-builder.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'

/**
 * Where each record of a batch lies, as columns: no object per record. Positions point into `bytes`; a length of -1
 * stands for null. `offset(i)` is the base offset plus `offsetDelta[i]` (compaction leaves gaps).
 */
export interface RecordIndex {
  readonly bytes: Buffer
  readonly count: number
  readonly baseOffset: number
  readonly keyAt: Int32Array
  readonly keyLength: Int32Array
  readonly valueAt: Int32Array
  readonly valueLength: Int32Array
  /** Where a record's headers begin: their count, then each. */
  readonly headersAt: Int32Array
  readonly offsetDelta: Int32Array
  readonly timestamp: Float64Array
  offset(record: number): number
  /** Views into `bytes`. */
  key(record: number): Buffer | null
  value(record: number): Buffer | null
  headers(record: number): RecordHeader[]
}

/** Length, attributes, timestamp, offset, key, value, header count: a byte each at least. */
const smallestRecord = 7

/** The header fields of a batch that its records depend on. */
interface BatchFrame {
  count: number
  baseOffset: number
  baseTimestamp: number
  maxTimestamp: number
  logAppendTime: boolean
}

/** Walks the (uncompressed) records of a batch once. Throws MalformedError when they do not add up. */
export function createRecordIndex(batch: BatchFrame, bytes: Buffer): RecordIndex {
  const { count, baseOffset, baseTimestamp } = batch
  // I12: the count is the writer's word; there cannot be more records than bytes for them.
  if (count * smallestRecord > bytes.length) throw new MalformedError(`${count} records in ${bytes.length} bytes`)
  const keyAt = new Int32Array(count)
  const keyLength = new Int32Array(count)
  const valueAt = new Int32Array(count)
  const valueLength = new Int32Array(count)
  const headersAt = new Int32Array(count)
  const offsetDelta = new Int32Array(count)
  const timestamp = new Float64Array(count)
  const cursor = createCursor(bytes)

  for (let i = 0; i < count; i++) {
    const length = cursor.varint()
    const end = cursor.at + length
    if (length < smallestRecord - 1 || end > bytes.length) throw new MalformedError(`record of ${length} bytes`)
    cursor.at++
    timestamp[i] = baseTimestamp + cursor.varlong()
    offsetDelta[i] = cursor.varint()
    const key = cursor.varint()
    keyLength[i] = key
    keyAt[i] = cursor.at
    if (key > 0) cursor.at += key
    // Checked before it is read on: a length near 2^31 must not carry the cursor round.
    if (key < -1 || cursor.at >= end) throw new MalformedError(`record key of ${key} bytes`)
    const value = cursor.varint()
    valueLength[i] = value
    valueAt[i] = cursor.at
    if (value > 0) cursor.at += value
    if (value < -1 || cursor.at >= end) throw new MalformedError(`record value of ${value} bytes`)
    headersAt[i] = cursor.at
    cursor.at = end
  }
  if (cursor.at !== bytes.length) throw new MalformedError('bytes behind the last record')
  if (batch.logAppendTime) timestamp.fill(batch.maxTimestamp)

  const view = (at: number, length: number) => (length < 0 ? null : bytes.subarray(at, at + length))
  return {
    bytes,
    count,
    baseOffset,
    keyAt,
    keyLength,
    valueAt,
    valueLength,
    headersAt,
    offsetDelta,
    timestamp,
    offset: (i) => baseOffset + (offsetDelta[i] ?? 0),
    key: (i) => view(keyAt[i] ?? 0, keyLength[i] ?? -1),
    value: (i) => view(valueAt[i] ?? 0, valueLength[i] ?? -1),
    headers: (i) => readHeaders(bytes, headersAt[i] ?? 0),
  }
}

function readHeaders(bytes: Buffer, at: number): RecordHeader[] {
  const cursor = createCursor(bytes)
  cursor.at = at
  const take = (length: number) => {
    const start = cursor.at
    if (length < 0 || start + length > bytes.length) throw new MalformedError(`record header of ${length} bytes`)
    cursor.at = start + length
    return bytes.subarray(start, cursor.at)
  }
  const count = cursor.varint()
  if (count < 0 || count > bytes.length - cursor.at) throw new MalformedError(`${count} record headers`)
  const headers: RecordHeader[] = []
  for (let i = 0; i < count; i++) {
    const name = take(cursor.varint()).toString('utf8')
    const length = cursor.varint()
    headers.push({ name, value: length === -1 ? null : take(length) })
  }
  return headers
}

/** Reads zigzag varints; a byte beyond the end reads as a terminating zero, which the length checks then catch. */
class Cursor {
  at = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  varint(): number {
    const bytes = this.#bytes
    let byte = bytes[this.at++] ?? 0
    let value = byte & 127
    for (let shift = 7; byte > 127; shift += 7) {
      if (shift > 28) throw new MalformedError('varint too long')
      byte = bytes[this.at++] ?? 0
      value |= (byte & 127) << shift
    }
    return (value >>> 1) ^ -(value & 1)
  }

  varlong(): number {
    const bytes = this.#bytes
    let byte = bytes[this.at++] ?? 0
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1)
    let value = byte & 127
    let factor = 128
    while (byte > 127) {
      if (factor > 2 ** 42) return this.#longVarlong(value, factor)
      byte = bytes[this.at++] ?? 0
      value += (byte & 127) * factor
      factor *= 128
    }
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }

  /** The rest of a varlong of more than seven bytes: exact, where a number may no longer be. */
  #longVarlong(low: number, factor: number): number {
    let value = BigInt(low)
    for (let scale = BigInt(factor), bytes = 7; ; scale *= 128n, bytes++) {
      if (bytes > 9) throw new MalformedError('varlong too long')
      const byte = this.#bytes[this.at++] ?? 0
      value += BigInt(byte & 127) * scale
      if (byte < 128) break
    }
    const exact = Number(value & 1n ? -(value + 1n) / 2n : value / 2n)
    if (!Number.isSafeInteger(exact)) throw new MalformedError('timestamp outside the safe range')
    return exact
  }
}

const createCursor = (bytes: Buffer) => new Cursor(bytes)
