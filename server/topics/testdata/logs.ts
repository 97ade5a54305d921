import fc from 'fast-check'
import type { FetchedPartition } from '#server/kafka/fetched-partition.ts'
import { encodeBatch, readBatches } from '#server/protocol/record-batch.ts'
import type { Placed } from '#server/topics/merge.ts'

/** Partitions with gaps between offsets, and timestamps that mostly go on and sometimes go back. */
export const logs: fc.Arbitrary<Placed[][]> = fc
  .array(fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: -5, max: 10 })), { maxLength: 15 }), {
    maxLength: 4,
  })
  .map((partitions) =>
    partitions.map((steps, partition) => {
      let [offset, timestamp] = [0, 100]
      return steps.map(([gap, ms]) => {
        offset += gap
        timestamp += ms
        return { partition, offset, timestamp }
      })
    }),
  )

/** As a fetch answers: batches of these sizes one behind the other, of which the first may begin before `startOffset`. */
export function fetchedOf(sizes: readonly number[], startOffset: number, partition = 0): FetchedPartition {
  let offset = 0
  const frames = sizes.map((size) => {
    const values = Array.from({ length: size }, (_, i) => ({ key: null, value: Buffer.from(`${offset + i}`) }))
    const frame = encodeBatch(values, { timestamp: 1_000 + offset })
    frame.writeBigInt64BE(BigInt(offset))
    offset += size
    return frame
  })
  const batches = [...readBatches(Buffer.concat(frames), { verifyCrc: true })].filter((b) => b.lastOffset >= startOffset)
  return { topic: 't', partition, highWatermark: offset, batches, startOffset, nextOffset: offset }
}
