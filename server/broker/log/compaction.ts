import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openSegment, type Segment, segmentName } from '#server/broker/log/segment.ts'
import { syncFolder } from '#server/broker/log/write-file-durably.ts'
import { batchHeaderBytes } from '#server/protocol/batch-builder.ts'
import { compress } from '#server/protocol/compression.ts'
import { crc32c } from '#server/protocol/crc32c.ts'
import type { BatchView } from '#server/protocol/record-batch.ts'
import type { RecordIndex } from '#server/protocol/record-index.ts'

export interface CompactionRules {
  /** Records before it are gone already. */
  startOffset: number
  /**
   * Tombstones and markers before it have been readable for `delete.retention.ms` since the records under them went.
   */
  forgetBefore: number
  /** Whether the batch belongs to an aborted transaction. */
  isAborted(batch: BatchView): boolean
  /** Called with the offsets of the markers that the segment loses, before it does. */
  beforeReplacing(segment: Segment, forgottenMarkers: readonly number[]): void
}

/** What is written of a batch: itself, a part of it, nothing. */
type Filter = (batch: BatchView) => Buffer | undefined

/**
 * Keeps the last record of every key (Kafka: LogCleaner). Offsets and order stay as they are; a record without a key is
 * kept, since there is nothing to compare it by. Of an aborted transaction nothing stays, and a marker leaves when no
 * record of its transaction is left and `forgetBefore` has passed it. Each segment is replaced by one rename, so that a
 * crash leaves the old or the new one. Every transaction in the segments has ended.
 */
export function compactSegments(directory: string, segments: readonly Segment[], rules: CompactionRules): Segment[] {
  const newest = newestOffsets(segments, rules)
  /** Producers with records that stay in the transaction that is being walked through. */
  const withRecords = new Set<number>()

  function retains(index: RecordIndex, record: number): boolean {
    const offset = index.offset(record)
    if (offset < rules.startOffset) return false
    const key = index.key(record)
    if (!key) return true
    if (newest.get(key.toString('latin1')) !== offset) return false
    return (index.valueLength[record] ?? -1) >= 0 || offset >= rules.forgetBefore
  }

  const kept: Segment[] = []
  for (const segment of segments) {
    const forgottenMarkers: number[] = []
    const filter: Filter = (batch) => {
      if (batch.control) {
        const needed = withRecords.delete(batch.producerId) || batch.lastOffset >= rules.forgetBefore
        if (needed) return batch.bytes
        forgottenMarkers.push(batch.lastOffset)
        return undefined
      }
      const bytes = rules.isAborted(batch) ? undefined : filterBatch(batch, retains)
      if (bytes && batch.transactional) withRecords.add(batch.producerId)
      return bytes
    }
    const rewritten = rewrite(directory, segment, filter, () => rules.beforeReplacing(segment, forgottenMarkers))
    if (rewritten) kept.push(rewritten)
  }
  return kept
}

function newestOffsets(segments: readonly Segment[], { isAborted }: CompactionRules): Map<string, number> {
  const newest = new Map<string, number>()
  for (const segment of segments) {
    for (const { batch } of segment.batches(segment.baseOffset)) {
      if (batch.control || isAborted(batch)) continue
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
  filter: Filter,
  beforeReplacing: () => void,
): Segment | undefined {
  const draft = join(directory, `${segmentName(segment.baseOffset)}.cleaned`)
  const handle = openSync(draft, 'w')
  let written = 0
  let changed = false
  try {
    for (const { batch } of segment.batches(segment.baseOffset)) {
      const bytes = filter(batch)
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
  beforeReplacing()
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
