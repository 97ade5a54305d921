import { createBatchBuilder } from '#server/protocol/batch-builder.ts'
import { type BatchView, readBatches, sealBatch } from '#server/protocol/record-batch.ts'

/** What ends a producer's transaction in one partition (Kafka: EndTransactionMarker). */
export interface EndTxnMarker {
  producerId: number
  epoch: number
  committed: boolean
  coordinatorEpoch: number
}

const controlBit = 32
const markerBytes = 128

/** A control batch of one marker, as brokers write it: key is version and type, value version and coordinator epoch. */
export function encodeEndTxnMarker({ producerId, epoch, committed, coordinatorEpoch }: EndTxnMarker, now: number) {
  const key = Buffer.alloc(4)
  key.writeInt16BE(committed ? 1 : 0, 2)
  const value = Buffer.alloc(6)
  value.writeInt32BE(coordinatorEpoch, 2)
  const builder = createBatchBuilder(Buffer.allocUnsafeSlow(markerBytes))
  builder.append(now, key, value)
  const frame = builder.frame()
  frame.writeInt16BE(controlBit, 21)
  const [batch] = readBatches(sealBatch(frame, { producerId, epoch, sequence: -1, transactional: true }), {
    verifyCrc: false,
  })
  if (!batch) throw new Error('a marker is one batch')
  return batch
}

/** Undefined for a control batch of another kind. */
export function decodeEndTxnMarker(batch: BatchView): EndTxnMarker | undefined {
  const type = batch.controlType()
  if (!type) return undefined
  const value = batch.index().value(0)
  const coordinatorEpoch = value && value.length >= 6 ? value.readInt32BE(2) : 0
  return { producerId: batch.producerId, epoch: batch.epoch, committed: type === 'commit', coordinatorEpoch }
}
