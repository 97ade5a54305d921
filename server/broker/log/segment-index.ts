import { readFileSync } from 'node:fs'
import { writeFileDurably } from '#server/broker/log/write-file-durably.ts'

/** One entry stands for this many bytes of batches (Kafka: index.interval.bytes). */
const intervalBytes = 4096

/** What is known of a segment's file besides its entries. */
export interface SegmentBounds {
  size: number
  /** One behind the last record's offset. */
  nextOffset: number
  /** -1 when there is no record. */
  maxTimestamp: number
}

/**
 * Where in a segment's file an offset or a time is to be looked for: sparse, sorted by offset. An entry holds the largest
 * timestamp of everything before it, so that a look-up by time starts at the last entry that is too early.
 */
export interface SegmentIndex {
  note(baseOffset: number, position: number, maxTimestampBefore: number): void
  /** The position of a batch at or before the one that holds `offset`. */
  positionOf(offset: number): number
  /** A position at or before the first batch with a record of that time or later. */
  positionOfTime(timestamp: number): number
  save(file: string, bounds: SegmentBounds): void
}

export function createSegmentIndex(entries: readonly number[] = []): SegmentIndex {
  const flat = [...entries]
  let lastPosition = flat.length > 0 ? (flat[flat.length - 2] ?? 0) : 0

  /** The position of the last entry that `isBefore`; 0 when there is none. */
  function search(column: 0 | 2, isBefore: (value: number) => boolean): number {
    let low = 0
    let high = flat.length / 3
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isBefore(flat[middle * 3 + column] ?? 0)) low = middle + 1
      else high = middle
    }
    return low === 0 ? 0 : (flat[(low - 1) * 3 + 1] ?? 0)
  }

  return {
    note(baseOffset, position, maxTimestampBefore) {
      if (position - lastPosition < intervalBytes) return
      flat.push(baseOffset, position, maxTimestampBefore)
      lastPosition = position
    },
    positionOf: (offset) => search(0, (base) => base <= offset),
    positionOfTime: (timestamp) => search(2, (before) => before < timestamp),
    save(file, { size, nextOffset, maxTimestamp }) {
      const numbers = Float64Array.from([size, nextOffset, maxTimestamp, ...flat])
      writeFileDurably(file, Buffer.from(numbers.buffer))
    },
  }
}

/** A saved index, or undefined when there is none or it is not of a file of that size. */
export function loadSegmentIndex(
  file: string,
  size: number,
): { index: SegmentIndex; bounds: SegmentBounds } | undefined {
  let bytes: Buffer
  try {
    bytes = readFileSync(file)
  } catch {
    return undefined // it is rebuilt from the segment
  }
  if (bytes.length < 24 || bytes.length % 24 !== 0) return undefined
  const numbers = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  const [savedSize = -1, nextOffset = 0, maxTimestamp = -1, ...entries] = numbers
  if (savedSize !== size) return undefined
  return { index: createSegmentIndex(entries), bounds: { size, nextOffset, maxTimestamp } }
}
