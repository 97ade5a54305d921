import { readAt } from '#server/broker/log/read-at.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import { type BatchView, readBatches } from '#server/protocol/record-batch.ts'

const chunkBytes = 1024 * 1024
const lengthEnd = 12

/** A batch and where it stands in its file. */
export interface PlacedBatch {
  position: number
  batch: BatchView
}

/**
 * The batches of a file between two positions, read a chunk at a time. Ends before a batch that the range does not hold
 * whole; throws MalformedError on bytes that are no batch.
 */
export function* scanBatches(
  handle: number,
  from: number,
  to: number,
  options: { verifyCrc: boolean },
): Generator<PlacedBatch, void, void> {
  let position = from
  let wanted = chunkBytes
  while (position < to) {
    const chunk = readAt(handle, position, Math.min(wanted, to - position))
    let used = 0
    for (const batch of readBatches(chunk, options)) {
      yield { position: position + used, batch }
      used += batch.bytes.length
    }
    if (used === 0) {
      if (chunk.length < lengthEnd || chunk.length === to - position) return
      const length = lengthEnd + chunk.readInt32BE(8)
      if (length <= chunk.length) throw new MalformedError(`record batch of ${length} bytes at ${position}`)
      if (length > to - position) return
      wanted = length
    } else {
      position += used
      wanted = chunkBytes
    }
  }
}
