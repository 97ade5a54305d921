import { readAt } from '#server/broker/log/read-at.ts'
import { batchHeaderBytes } from '#server/protocol/batch-builder.ts'

/** Whole batches that lie one behind the other. */
export interface LogSlice {
  records: Buffer[]
  /** One behind the last record's offset. */
  nextOffset: number
}

interface BatchPlace {
  position: number
  length: number
  baseOffset: number
}

/** Little more than the sparse index leaves to look through. */
const windowBytes = 8192
const lengthEnd = 12

const baseOffsetAt = (bytes: Buffer, at: number) => bytes.readInt32BE(at) * 4294967296 + bytes.readUInt32BE(at + 4)
const lengthAt = (bytes: Buffer, at: number) => lengthEnd + bytes.readInt32BE(at + 8)
const lastOffsetAt = (bytes: Buffer, at: number) => baseOffsetAt(bytes, at) + bytes.readInt32BE(at + 23)

/** The first batch between two positions of a file whose last record is at `offset` or later; headers alone are read. */
export function findBatch(handle: number, from: number, to: number, offset: number): BatchPlace | undefined {
  let position = from
  while (position + batchHeaderBytes <= to) {
    const bytes = readAt(handle, position, Math.min(windowBytes, to - position))
    let at = 0
    for (; at + batchHeaderBytes <= bytes.length; at += lengthAt(bytes, at)) {
      if (lastOffsetAt(bytes, at) < offset) continue
      return { position: position + at, length: lengthAt(bytes, at), baseOffset: baseOffsetAt(bytes, at) }
    }
    position += at
  }
  return undefined
}

/** Without a batch that is cut at the end, and without those that begin at `upTo` or later. */
export function wholeBatches(bytes: Buffer, upTo: number): LogSlice | undefined {
  let end = 0
  let nextOffset = 0
  while (end + batchHeaderBytes <= bytes.length) {
    const next = end + lengthAt(bytes, end)
    if (next > bytes.length || baseOffsetAt(bytes, end) >= upTo) break
    nextOffset = lastOffsetAt(bytes, end) + 1
    end = next
  }
  return end === 0 ? undefined : { records: [bytes.subarray(0, end)], nextOffset }
}
