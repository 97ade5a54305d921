import type { LogConfig } from '#server/broker/log/log-config.ts'
import { crc32c } from '#server/protocol/crc32c.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import { type BatchView, readBatches } from '#server/protocol/record-batch.ts'
import { writeInt64 } from '#server/protocol/varint.ts'

const logAppendTimeBit = 8

/**
 * The one batch that a client may send to a partition at a time, checked before anything is written (I14): its CRC, its
 * size, its counts, and for compacted topics that every record has a key. Throws KafkaError.
 */
export function prepareBatch(records: Buffer | null, config: LogConfig, now: number): BatchView {
  const batch = onlyBatch(records)
  if (batch.bytes.length > config.maxMessageBytes) {
    const detail = `The record batch size in the append is ${batch.bytes.length} bytes which exceeds the maximum configured value of ${config.maxMessageBytes} bytes.`
    throw new KafkaError('MESSAGE_TOO_LARGE', detail)
  }
  if (batch.bytes.length > config.segmentBytes) throw new KafkaError('RECORD_LIST_TOO_LARGE')
  if (batch.control) throw new KafkaError('INVALID_RECORD', 'Clients are not allowed to write control records')
  if (batch.count === 0 || batch.lastOffset - batch.baseOffset !== batch.count - 1) {
    throw new KafkaError('INVALID_RECORD', `${batch.count} records do not fill the offsets of their batch`)
  }
  if (batch.producerId >= 0 && (batch.epoch < 0 || batch.sequence < 0)) {
    throw new KafkaError('INVALID_RECORD', `producer ${batch.producerId} sent sequence ${batch.sequence}`)
  }
  if (batch.transactional && batch.producerId < 0) {
    throw new KafkaError('INVALID_RECORD', 'a transactional record batch names no producer')
  }
  if (config.compact && hasRecordWithoutKey(batch)) {
    throw new KafkaError('INVALID_RECORD', 'Compacted topic cannot accept message without key')
  }
  return config.logAppendTime ? withAppendTime(batch, now) : batch
}

function onlyBatch(records: Buffer | null): BatchView {
  if (!records || records.length === 0) throw new KafkaError('INVALID_RECORD', 'the request holds no record batch')
  let batches: BatchView[]
  try {
    batches = [...readBatches(records, { verifyCrc: true })]
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw new KafkaError('CORRUPT_MESSAGE', error.message)
  }
  const [batch, another] = batches
  if (!batch) throw new KafkaError('CORRUPT_MESSAGE', 'the record batch is cut')
  if (another || batch.bytes.length !== records.length) {
    throw new KafkaError('INVALID_RECORD', 'a partition takes exactly one record batch in a request')
  }
  return batch
}

function hasRecordWithoutKey(batch: BatchView): boolean {
  try {
    return batch.index().keyLength.includes(-1)
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw new KafkaError('INVALID_RECORD', error.message)
  }
}

function withAppendTime(batch: BatchView, now: number): BatchView {
  batch.bytes.writeInt16BE(batch.bytes.readInt16BE(21) | logAppendTimeBit, 21)
  writeInt64(batch.bytes, 35, now)
  batch.bytes.writeUInt32BE(crc32c(batch.bytes.subarray(21)), 17)
  return onlyBatch(batch.bytes)
}
