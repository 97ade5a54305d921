import { batchHeaderBytes, createBatchBuilder, type PlainRecord, recordBound } from '#server/protocol/batch-builder.ts'
import {
  type Compression,
  compress,
  compressionAttribute,
  compressionOf,
  decompress,
} from '#server/protocol/compression.ts'
import { crc32c } from '#server/protocol/crc32c.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import { createRecordIndex, type RecordIndex } from '#server/protocol/record-index.ts'
import { writeInt64 } from '#server/protocol/varint.ts'

/** Who wrote a batch, for a broker that weeds out duplicates; -1 everywhere without idempotence. */
export interface BatchProducer {
  producerId: number
  epoch: number
  sequence: number
  transactional: boolean
}

export const noProducer: BatchProducer = { producerId: -1, epoch: -1, sequence: -1, transactional: false }

/**
 * The last step before a batch goes out: who wrote it, then the CRC over everything behind it. Works in place and may be
 * done again with another producer, because sequences are known only when a batch is sent.
 */
export function sealBatch(frame: Buffer, producer: BatchProducer): Buffer {
  const attributes = frame.readInt16BE(21)
  frame.writeInt16BE(producer.transactional ? attributes | 16 : attributes & ~16, 21)
  writeInt64(frame, 43, producer.producerId)
  frame.writeInt16BE(producer.epoch, 51)
  frame.writeInt32BE(producer.sequence, 53)
  frame.writeUInt32BE(crc32c(frame.subarray(21)), 17)
  return frame
}

/** A copy of an unsealed batch with its records compressed; the batch itself with `none`. */
export function compressBatch(frame: Buffer, compression: Compression, level?: number): Buffer {
  if (compression === 'none') return frame
  const packed = compress(compression, frame.subarray(batchHeaderBytes), level)
  const out = Buffer.allocUnsafe(batchHeaderBytes + packed.length)
  frame.copy(out, 0, 0, batchHeaderBytes)
  packed.copy(out, batchHeaderBytes)
  out.writeInt32BE(out.length - 12, 8)
  out.writeInt16BE((frame.readInt16BE(21) & ~7) | compressionAttribute[compression], 21)
  return out
}

/** A copy of a batch with its records in another compression, to be sealed. Throws MalformedError. */
export function recompressBatch({ bytes, compression }: BatchView, to: Compression, level?: number): Buffer {
  const records = decompress(compression, bytes.subarray(batchHeaderBytes))
  const plain = Buffer.concat([bytes.subarray(0, batchHeaderBytes), records])
  plain.writeInt32BE(plain.length - 12, 8)
  plain.writeInt16BE(plain.readInt16BE(21) & ~7, 21)
  return compressBatch(plain, to, level)
}

/** One whole sealed batch of a few records. */
export function encodeBatch(
  records: readonly PlainRecord[],
  options: { timestamp: number; compression?: Compression; producer?: BatchProducer },
): Buffer {
  const size = records.reduce((sum, record) => sum + recordBound(record), batchHeaderBytes)
  const builder = createBatchBuilder(Buffer.allocUnsafe(size))
  for (const { timestamp = options.timestamp, key, value, headers } of records) {
    if (!builder.append(timestamp, key, value, headers)) throw new RangeError('record larger than its bound')
  }
  return sealBatch(compressBatch(builder.frame(), options.compression ?? 'none'), options.producer ?? noProducer)
}

/** The header of one batch; its records are looked at only when `index()` asks for them. */
export interface BatchView extends BatchProducer {
  /** The whole batch as it is on the wire. */
  readonly bytes: Buffer
  readonly baseOffset: number
  readonly lastOffset: number
  readonly count: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly leaderEpoch: number
  readonly compression: Compression
  /** Markers of a transaction's end, not records. */
  readonly control: boolean
  /** Whether the broker's time replaced the producer's (`message.timestamp.type=LogAppendTime`). */
  readonly logAppendTime: boolean
  index(): RecordIndex
  /** Which marker a control batch is; undefined for other batches and unknown markers. */
  controlType(): 'abort' | 'commit' | undefined
}

const int64 = (bytes: Buffer, at: number) => bytes.readInt32BE(at) * 4294967296 + bytes.readUInt32BE(at + 4)

/**
 * The batches of a fetch answer or of a produce request. A cut batch at the end is left out, as brokers may cut what
 * they send. Throws MalformedError on anything else that is not a batch of magic 2.
 */
export function* readBatches(records: Buffer, options: { verifyCrc: boolean }): Generator<BatchView, void, void> {
  let at = 0
  while (at + 12 <= records.length) {
    const length = records.readInt32BE(at + 8)
    if (length < batchHeaderBytes - 12) throw new MalformedError(`record batch of ${length} bytes`)
    const end = at + 12 + length
    if (end > records.length) return
    yield readBatch(records.subarray(at, end), options)
    at = end
  }
}

/** In the words of Kafka's `DefaultRecordBatch.ensureValid`. */
function checkCrc(bytes: Buffer): void {
  const stored = bytes.readUInt32BE(17)
  const computed = crc32c(bytes.subarray(21))
  if (stored === computed) return
  throw new MalformedError(`Record is corrupt (stored crc = ${stored}, computed crc = ${computed})`)
}

function readBatch(bytes: Buffer, options: { verifyCrc: boolean }): BatchView {
  if (bytes[16] !== 2) throw new MalformedError(`record batch with magic ${bytes[16]}`)
  if (options.verifyCrc) checkCrc(bytes)
  const baseOffset = int64(bytes, 0)
  const attributes = bytes.readInt16BE(21)
  const compression = compressionOf(attributes & 7)
  const count = bytes.readInt32BE(57)
  const lastOffsetDelta = bytes.readInt32BE(23)
  if (count < 0 || lastOffsetDelta < 0) throw new MalformedError(`record batch of ${count} records`)
  let index: RecordIndex | undefined
  const view: BatchView = {
    bytes,
    baseOffset,
    lastOffset: baseOffset + lastOffsetDelta,
    count,
    baseTimestamp: int64(bytes, 27),
    maxTimestamp: int64(bytes, 35),
    producerId: int64(bytes, 43),
    epoch: bytes.readInt16BE(51),
    sequence: bytes.readInt32BE(53),
    leaderEpoch: bytes.readInt32BE(12),
    compression,
    transactional: (attributes & 16) !== 0,
    control: (attributes & 32) !== 0,
    logAppendTime: (attributes & 8) !== 0,
    index() {
      index ??= createRecordIndex(view, decompress(compression, bytes.subarray(batchHeaderBytes)))
      return index
    },
    controlType() {
      if (!view.control || count === 0) return undefined
      const key = view.index().key(0)
      if (!key || key.length < 4) return undefined
      return ({ 0: 'abort', 1: 'commit' } as const)[key.readInt16BE(2) as 0 | 1]
    },
  }
  return view
}
