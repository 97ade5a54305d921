import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openSegment, type Segment, segmentName } from '#server/broker/log/segment.ts'
import { syncFolder } from '#server/broker/log/write-file-durably.ts'
import { batchHeaderBytes } from '#server/protocol/batch-builder.ts'
import { compress } from '#server/protocol/compression.ts'
import { crc32c } from '#server/protocol/crc32c.ts'
import type { BatchView } from '#server/protocol/record-batch.ts'
import type { RecordIndex } from '#server/protocol/record-index.ts'

export interface CompactionLimits {
  /** Records before it are gone already. */
  startOffset: number
  /** Tombstones before it have been readable for `delete.retention.ms` since the values under them went. */
  dropTombstonesBefore: number
}

/**
 * Keeps the last record of every key (Kafka: LogCleaner). Offsets and order stay as they are; a record without a key is
 * kept, since there is nothing to compare it by. Each segment is replaced by one rename, so that a crash leaves the old
 * or the new one.
 */
export function compactSegments(directory: string, sealed: readonly Segment[], limits: CompactionLimits): Segment[] {
  const newest = newestOffsets(sealed)
  const kept: Segment[] = []
  for (const segment of sealed) {
    const retains = (index: RecordIndex, record: number) => {
      const offset = index.offset(record)
      if (offset < limits.startOffset) return false
      const key = index.key(record)
      if (!key) return true
      if (newest.get(key.toString('latin1')) !== offset) return false
      return (index.valueLength[record] ?? -1) >= 0 || offset >= limits.dropTombstonesBefore
    }
    const rewritten = rewrite(directory, segment, retains)
    if (rewritten) kept.push(rewritten)
  }
  return kept
}

function newestOffsets(segments: readonly Segment[]): Map<string, number> {
  const newest = new Map<string, number>()
  for (const segment of segments) {
    for (const { batch } of segment.batches(segment.baseOffset)) {
      if (batch.control) continue
      const index = batch.index()
      for (let record = 0; record < index.count; record++) {
        const key = index.key(record)
        if (key) newest.set(key.toString('latin1'), index.offset(record))
      }
    }
  }
  return newest
}

/** The segment with fewer records, itself when nothing went, undefined when nothing stayed. */
function rewrite(
  directory: string,
  segment: Segment,
  retains: (index: RecordIndex, record: number) => boolean,
): Segment | undefined {
  const draft = join(directory, `${segmentName(segment.baseOffset)}.cleaned`)
  const handle = openSync(draft, 'w')
  let written = 0
  let changed = false
  try {
    for (const { batch } of segment.batches(segment.baseOffset)) {
      const bytes = batch.control ? batch.bytes : filterBatch(batch, retains)
      if (bytes !== batch.bytes) changed = true
      for (let at = 0; bytes && at < bytes.length; ) at += writeSync(handle, bytes, at)
      written += bytes?.length ?? 0
    }
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  if (!changed) {
    rmSync(draft)
    return segment
  }
  segment.close()
  // Without its old index: one that is saved for another size would be refused, one of the same size would mislead.
  rmSync(segment.file.replace(/\.log$/, '.index'), { force: true })
  if (written === 0) {
    rmSync(draft)
    segment.remove()
    return undefined
  }
  renameSync(draft, segment.file)
  syncFolder(directory)
  const reopened = openSegment(directory, segment.baseOffset, { trustIndex: false })
  reopened.seal()
  return reopened
}

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
