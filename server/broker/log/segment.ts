import { closeSync, constants, fdatasyncSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type PlacedBatch, readAt, scanBatches } from '#server/broker/log/scan-batches.ts'
import { createSegmentIndex, loadSegmentIndex, type SegmentBounds } from '#server/broker/log/segment-index.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import type { BatchView } from '#server/protocol/record-batch.ts'

/** One file of a partition's log, named after its first offset, with its sparse index beside it. */
export interface Segment extends Readonly<SegmentBounds> {
  readonly baseOffset: number
  readonly file: string
  /** Writes a batch at the end; it is in the page cache when this returns. */
  append(batch: { bytes: Buffer; baseOffset: number; lastOffset: number; maxTimestamp: number }): void
  /** Whole batches from the one that holds `offset` on: as many as fit into `maxBytes`, and the first in any case. */
  read(offset: number, maxBytes: number): Buffer
  /** The batches from the one that holds `offset` on. */
  batches(offset: number): Generator<PlacedBatch, void, void>
  /** The batches from the first that has a record of that time or later. */
  batchesFromTime(timestamp: number): Generator<PlacedBatch, void, void>
  /** Forces the bytes to the disk and writes the index down. */
  seal(): void
  close(): void
  remove(): void
}

export const segmentName = (baseOffset: number) => baseOffset.toString().padStart(20, '0')
const lengthEnd = 12

/**
 * Opens or creates a segment. With a saved index of the file's size (written when the segment was closed) nothing is
 * read. Otherwise every batch is checked, and the file is cut behind the last whole one: what a crash left half-written
 * was never acknowledged.
 */
export function openSegment(
  directory: string,
  baseOffset: number,
  options: { trustIndex: boolean; onRecovered?: (batch: BatchView) => void; onCut?: (bytes: number) => void },
): Segment {
  const file = join(directory, `${segmentName(baseOffset)}.log`)
  const indexFile = join(directory, `${segmentName(baseOffset)}.index`)
  const handle = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o644)
  const fileSize = fstatSync(handle).size
  const saved = options.trustIndex ? loadSegmentIndex(indexFile, fileSize) : undefined
  const index = saved?.index ?? createSegmentIndex()
  const bounds: SegmentBounds = saved?.bounds ?? { size: 0, nextOffset: baseOffset, maxTimestamp: -1 }
  let open = true

  function note(batch: { baseOffset: number; lastOffset: number; maxTimestamp: number; bytes: Buffer }) {
    index.note(batch.baseOffset, bounds.size, bounds.maxTimestamp)
    bounds.size += batch.bytes.length
    bounds.nextOffset = batch.lastOffset + 1
    if (batch.maxTimestamp > bounds.maxTimestamp) bounds.maxTimestamp = batch.maxTimestamp
  }

  if (!saved) {
    rmSync(indexFile, { force: true })
    recover()
  }

  function recover() {
    try {
      for (const { batch } of scanBatches(handle, 0, fileSize, { verifyCrc: true })) {
        if (batch.baseOffset < bounds.nextOffset) break
        note(batch)
        options.onRecovered?.(batch)
      }
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
    }
    if (bounds.size < fileSize) {
      ftruncateSync(handle, bounds.size)
      options.onCut?.(fileSize - bounds.size)
    }
  }

  function* batchesFrom(position: number): Generator<PlacedBatch, void, void> {
    yield* scanBatches(handle, position, bounds.size, { verifyCrc: false })
  }

  return {
    baseOffset,
    file,
    get size() {
      return bounds.size
    },
    get nextOffset() {
      return bounds.nextOffset
    },
    get maxTimestamp() {
      return bounds.maxTimestamp
    },
    append(batch) {
      let written = 0
      while (written < batch.bytes.length) {
        // At a fixed position: what a failed write left behind is overwritten by the next.
        written += writeSync(handle, batch.bytes, written, batch.bytes.length - written, bounds.size + written)
      }
      note(batch)
    },
    read(offset, maxBytes) {
      for (const { position, batch } of batchesFrom(index.positionOf(offset))) {
        if (batch.lastOffset < offset) continue
        const wanted = Math.max(Math.min(maxBytes, bounds.size - position), batch.bytes.length)
        return wholeBatches(readAt(handle, position, wanted))
      }
      return Buffer.alloc(0)
    },
    *batches(offset) {
      for (const placed of batchesFrom(index.positionOf(offset))) if (placed.batch.lastOffset >= offset) yield placed
    },
    *batchesFromTime(timestamp) {
      for (const placed of batchesFrom(index.positionOfTime(timestamp))) {
        if (placed.batch.maxTimestamp >= timestamp) yield placed
      }
    },
    seal() {
      fdatasyncSync(handle)
      index.save(indexFile, bounds)
    },
    close() {
      if (open) closeSync(handle)
      open = false
    },
    remove() {
      if (open) closeSync(handle)
      open = false
      rmSync(indexFile, { force: true })
      rmSync(file, { force: true })
    },
  }
}

/** Leaves out a batch that is cut at the end. */
function wholeBatches(bytes: Buffer): Buffer {
  let at = 0
  while (at + lengthEnd <= bytes.length) {
    const end = at + lengthEnd + bytes.readInt32BE(at + 8)
    if (end > bytes.length) break
    at = end
  }
  return bytes.subarray(0, at)
}
