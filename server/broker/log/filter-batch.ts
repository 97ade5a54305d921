import { batchHeaderBytes } from '#server/protocol/batch-builder.ts'
import { compress } from '#server/protocol/compression.ts'
import { crc32c } from '#server/protocol/crc32c.ts'
import type { BatchView } from '#server/protocol/record-batch.ts'
import type { RecordIndex } from '#server/protocol/record-index.ts'

/**
 * A batch with only the records that stay: the same bytes when all do, undefined when none does. Base offset, last
 * offset and producer stay, so that the batch covers the same range as before.
 */
export function filterBatch(
  batch: BatchView,
  retains: (index: RecordIndex, record: number) => boolean,
): Buffer | undefined {
  const index = batch.index()
  const parts = [...wholeRecords(index.bytes)].filter((_, record) => retains(index, record))
  if (parts.length === index.count) return batch.bytes
  if (parts.length === 0) return undefined
  const payload = Buffer.concat(parts)
  const packed = batch.compression === 'none' ? payload : compress(batch.compression, payload)
  const header = Buffer.from(batch.bytes.subarray(0, batchHeaderBytes))
  header.writeInt32BE(batchHeaderBytes - 12 + packed.length, 8)
  header.writeInt32BE(parts.length, 57)
  const bytes = Buffer.concat([header, packed])
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  return bytes
}

/** Each record as it stands in its batch, length in front: its deltas count from the batch's base, which does not change. */
function* wholeRecords(bytes: Buffer): Generator<Buffer, void, void> {
  for (let at = 0; at < bytes.length; ) {
    const start = at
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0
      length |= (byte & 127) << shift
      if (byte < 128) break
    }
    at += length >>> 1 // a zigzag varint, never negative here: the index has walked the same bytes
    yield bytes.subarray(start, at)
  }
}
