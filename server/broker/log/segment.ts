import { closeSync, constants, fdatasyncSync, fstatSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { findBatch, type LogSlice, wholeBatches } from '#server/broker/log/batch-walk.ts'
import { readAt } from '#server/broker/log/read-at.ts'
import { type PlacedBatch, scanBatches } from '#server/broker/log/scan-batches.ts'
import { createSegmentIndex, loadSegmentIndex, type SegmentBounds } from '#server/broker/log/segment-index.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import type { BatchView } from '#server/protocol/record-batch.ts'

/** One file of a partition's log, named after its first offset, with its sparse index beside it. */
export interface Segment extends Readonly<SegmentBounds> {
  readonly baseOffset: number
  readonly file: string
  /** Where the transactions that were aborted in it are written down; there is none when there are none. */
  readonly abortedFile: string
  /** Writes a batch at the end; it is in the page cache when this returns. */
  append(batch: { bytes: Buffer; baseOffset: number; lastOffset: number; maxTimestamp: number }): void
  /**
   * Whole batches from the one that holds `offset` on that begin before `upTo`: as many as fit into `maxBytes`, and the
   * first in any case. Undefined when there is none.
   */
  read(offset: number, maxBytes: number, upTo: number): LogSlice | undefined
  /** The batches from the one that holds `offset` on. */
  batches(offset: number): Generator<PlacedBatch, void, void>
  /** The batches from the first that has a record of that time or later. */
  batchesFromTime(timestamp: number): Generator<PlacedBatch, void, void>
  /** Forces the bytes to the disk. */
  flush(): void
  /** Forces the bytes to the disk and writes the index down. */
  seal(): void
  close(): void
  remove(): void
}

export const segmentName = (baseOffset: number) => baseOffset.toString().padStart(20, '0')

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
  const abortedFile = join(directory, `${segmentName(baseOffset)}.aborted`)
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
    abortedFile,
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
    read(offset, maxBytes, upTo) {
      if (offset >= bounds.nextOffset) return undefined
      const found = findBatch(handle, index.positionOf(offset), bounds.size, offset)
      if (!found || found.baseOffset >= upTo) return undefined
      const wanted = Math.max(Math.min(maxBytes, bounds.size - found.position), found.length)
      return wholeBatches(readAt(handle, found.position, wanted), upTo)
    },
    *batches(offset) {
      for (const placed of batchesFrom(index.positionOf(offset))) if (placed.batch.lastOffset >= offset) yield placed
    },
    *batchesFromTime(timestamp) {
      for (const placed of batchesFrom(index.positionOfTime(timestamp))) {
        if (placed.batch.maxTimestamp >= timestamp) yield placed
      }
    },
    flush: () => fdatasyncSync(handle),
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
      for (const part of [indexFile, abortedFile, file]) rmSync(part, { force: true })
    },
  }
}
