import { batchHeaderBytes, createBatchBuilder, type PlainRecord, recordBound } from '#server/protocol/batch-builder.ts'
import type { Compression } from '#server/protocol/compression.ts'
import { compressBatch, readBatches } from '#server/protocol/record-batch.ts'

/** Two unsealed batches with the first and the second half of a batch's records. */
export function splitBatch(
  frame: Buffer,
  compression: Compression,
  level: number | undefined,
): { frame: Buffer; count: number }[] {
  const [batch] = readBatches(frame, { verifyCrc: false })
  if (!batch) throw new RangeError('no batch')
  const index = batch.index()
  const records = Array.from({ length: index.count }, (_, i) => ({
    timestamp: index.timestamp[i] ?? batch.baseTimestamp,
    key: index.key(i),
    value: index.value(i),
    headers: index.headers(i),
  }))
  const middle = Math.ceil(records.length / 2)
  return [records.slice(0, middle), records.slice(middle)].map((half) => ({
    frame: compressBatch(frameOf(half), compression, level),
    count: half.length,
  }))
}

function frameOf(records: readonly (PlainRecord & { timestamp: number })[]): Buffer {
  const size = records.reduce((sum, record) => sum + recordBound(record), batchHeaderBytes)
  const builder = createBatchBuilder(Buffer.allocUnsafeSlow(size))
  for (const { timestamp, key, value, headers } of records) builder.append(timestamp, key, value, headers)
  return builder.frame()
}
