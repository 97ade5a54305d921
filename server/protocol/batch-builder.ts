import { sizeOfVarint, sizeOfVarlong, writeInt64, writeVarint, writeVarlong } from '#server/protocol/varint.ts'

/** Bytes of a record batch before its first record (magic 2). */
export const batchHeaderBytes = 61

export interface RecordHeader {
  name: string
  value: Uint8Array | null
}

/** One record as small writers hand it over. Without a timestamp the writer's own time is taken. */
export interface PlainRecord {
  key: Uint8Array | null
  value: Uint8Array | null
  headers?: readonly RecordHeader[]
  timestamp?: number
}

const noBytes = new Uint8Array(0)

/**
 * Encodes records one behind the other into a slab: one slab, one batch, no object per record.
 *
 * Every `append…` answers false, with nothing written, when the record does not fit; a record that does not fit an empty
 * builder needs a larger slab. Timestamps are milliseconds. The value may be written in three ways:
 *
 * - `append`: key, value and headers from their own bytes;
 * - `appendText` / `appendEnveloped`: no key, no headers, the value copied from a part of a buffer, between a prefix and
 *   a suffix (a JSON envelope around a text that needs no escapes, say);
 * - `reserve` … `commit`: the caller writes the value into `slab` by itself.
 */
export class BatchBuilder {
  readonly slab: Buffer
  /** Records so far. */
  count = 0
  #at = batchHeaderBytes
  #baseTimestamp = 0
  #maxTimestamp = 0
  /** What `reserve` promised and `commit` turns into a record. */
  #pending: { timestamp: number; key: Uint8Array | null; valueAt: number; maxValueBytes: number } | undefined

  constructor(slab: Buffer) {
    this.slab = slab
  }

  /** Size of the batch so far, header included. */
  get sizeBytes(): number {
    return this.#at
  }

  /** The largest timestamp so far. */
  get maxTimestamp(): number {
    return this.#maxTimestamp
  }

  append(
    timestamp: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    headers?: readonly RecordHeader[],
  ): boolean {
    const keyBytes = key ? sizeOfVarint(key.length) + key.length : 1
    const valueBytes = value ? sizeOfVarint(value.length) + value.length : 1
    const body = this.#overhead(timestamp) + keyBytes + valueBytes + headersSize(headers)
    if (!this.#fits(body)) return false
    const slab = this.slab
    let at = this.#begin(body, timestamp)
    at = writeNullable(slab, at, key)
    at = writeNullable(slab, at, value)
    this.#end(writeHeaders(slab, at, headers))
    return true
  }

  /** A record whose value is `source[start, end)`; no key, no headers. */
  appendText(timestamp: number, source: Buffer, start: number, end: number): boolean {
    const length = end - start
    const body = this.#overhead(timestamp) + 2 + sizeOfVarint(length) + length
    if (!this.#fits(body)) return false
    const slab = this.slab
    let at = this.#begin(body, timestamp)
    slab[at++] = 1
    at = writeVarint(slab, at, length)
    source.copy(slab, at, start, end)
    at += length
    slab[at++] = 0
    this.#end(at)
    return true
  }

  /** A record whose value is `prefix`, `source[start, end)`, `suffix`; no key, no headers. */
  appendEnveloped(
    timestamp: number,
    prefix: Uint8Array,
    source: Buffer,
    start: number,
    end: number,
    suffix: Uint8Array,
  ): boolean {
    const length = prefix.length + (end - start) + suffix.length
    const body = this.#overhead(timestamp) + 2 + sizeOfVarint(length) + length
    if (!this.#fits(body)) return false
    const slab = this.slab
    let at = this.#begin(body, timestamp)
    slab[at++] = 1
    at = writeVarint(slab, at, length)
    slab.set(prefix, at)
    at += prefix.length
    source.copy(slab, at, start, end)
    at += end - start
    for (let i = 0; i < suffix.length; i++) slab[at++] = suffix[i] ?? 0
    slab[at++] = 0
    this.#end(at)
    return true
  }

  /**
   * The position in `slab` where up to `maxValueBytes` may be written, or -1 when they do not fit. Nothing counts until
   * `commit`; a second `reserve` forgets the first.
   */
  reserve(timestamp: number, key: Uint8Array | null, maxValueBytes: number): number {
    const keyBytes = key ? sizeOfVarint(key.length) + key.length : 1
    const front = this.#overhead(timestamp) + keyBytes + sizeOfVarint(maxValueBytes)
    if (!this.#fits(front + maxValueBytes + 1)) return -1
    const valueAt = this.#at + sizeOfVarint(front + maxValueBytes + 1) + front
    this.#pending = { timestamp, key, valueAt, maxValueBytes }
    return valueAt
  }

  /** Makes a record of the first `valueBytes` at the reserved position. False when the headers do not fit any more. */
  commit(valueBytes: number, headers?: readonly RecordHeader[]): boolean {
    const pending = this.#pending
    if (!pending || valueBytes > pending.maxValueBytes) throw new RangeError('more bytes than were reserved')
    const { timestamp, key, valueAt } = pending
    const keyBytes = key ? sizeOfVarint(key.length) + key.length : 1
    const front = this.#overhead(timestamp) + keyBytes + sizeOfVarint(valueBytes)
    const body = front + valueBytes + headersSize(headers)
    if (!this.#fits(body)) return false
    this.#pending = undefined
    const slab = this.slab
    // Lengths come before the value, so a value shorter than reserved, or headers, may move it by a few bytes.
    const target = this.#at + sizeOfVarint(body) + front
    if (target !== valueAt) slab.copyWithin(target, valueAt, valueAt + valueBytes)
    writeVarint(slab, writeNullable(slab, this.#begin(body, timestamp), key), valueBytes)
    this.#end(writeHeaders(slab, target + valueBytes, headers))
    return true
  }

  /** The batch, all but what `sealBatch` adds; a view of the slab. */
  frame(): Buffer {
    const { slab } = this
    slab.fill(0, 0, batchHeaderBytes)
    slab.writeInt32BE(this.#at - 12, 8)
    slab.writeInt32BE(-1, 12)
    slab[16] = 2
    slab.writeInt32BE(this.count - 1, 23)
    writeInt64(slab, 27, this.#baseTimestamp)
    writeInt64(slab, 35, this.#maxTimestamp)
    slab.fill(255, 43, 57)
    slab.writeInt32BE(this.count, 57)
    return slab.subarray(0, this.#at)
  }

  /** Empties the builder for the next batch. */
  reset(): void {
    this.count = 0
    this.#at = batchHeaderBytes
    this.#pending = undefined
  }

  /** Bytes of attributes, timestamp delta and offset delta. */
  #overhead(timestamp: number): number {
    const delta = this.count === 0 ? 0 : timestamp - this.#baseTimestamp
    return 1 + sizeOfVarlong(delta) + sizeOfVarint(this.count)
  }

  #fits(body: number): boolean {
    return this.#at + sizeOfVarint(body) + body <= this.slab.length
  }

  #begin(body: number, timestamp: number): number {
    if (this.count === 0) {
      this.#baseTimestamp = timestamp
      this.#maxTimestamp = timestamp
    } else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    const at = writeVarint(this.slab, this.#at, body)
    this.slab[at] = 0
    return writeVarint(this.slab, writeVarlong(this.slab, at + 1, timestamp - this.#baseTimestamp), this.count)
  }

  #end(at: number): void {
    this.#at = at
    this.count++
  }
}

export const createBatchBuilder = (slab: Buffer): BatchBuilder => new BatchBuilder(slab)

function writeNullable(slab: Buffer, start: number, bytes: Uint8Array | null): number {
  if (!bytes) {
    slab[start] = 1
    return start + 1
  }
  const at = writeVarint(slab, start, bytes.length)
  slab.set(bytes, at)
  return at + bytes.length
}

function headersSize(headers: readonly RecordHeader[] | undefined): number {
  if (!headers || headers.length === 0) return 1
  let size = sizeOfVarint(headers.length)
  for (const { name, value } of headers) {
    const nameBytes = Buffer.byteLength(name)
    size += sizeOfVarint(nameBytes) + nameBytes + (value ? sizeOfVarint(value.length) + value.length : 1)
  }
  return size
}

function writeHeaders(slab: Buffer, start: number, headers: readonly RecordHeader[] | undefined): number {
  if (!headers || headers.length === 0) {
    slab[start] = 0
    return start + 1
  }
  let at = writeVarint(slab, start, headers.length)
  for (const { name, value } of headers) {
    const nameBytes = Buffer.byteLength(name)
    at = writeVarint(slab, at, nameBytes)
    slab.write(name, at, nameBytes, 'utf8')
    at = writeNullable(slab, at + nameBytes, value)
  }
  return at
}

/** An upper bound of a record's bytes inside a batch. */
export function recordBound({ key, value, headers }: PlainRecord): number {
  return 26 + (key ?? noBytes).length + (value ?? noBytes).length + headersSize(headers)
}
