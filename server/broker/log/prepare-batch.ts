import type { LogConfig } from '#server/broker/log/log-config.ts'
import { RejectedRecords } from '#server/broker/log/rejected-records.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'
import { type BatchView, readBatches, recompressBatch, sealBatch } from '#server/protocol/record-batch.ts'
import { writeInt64 } from '#server/protocol/varint.ts'

const logAppendTimeBit = 8

/**
 * The one batch that a client may send to a partition at a time, checked before anything is written (I14): its CRC, its
 * size, its counts, its times, and for compacted topics that every record has a key. It is stored in the topic's
 * compression. Throws KafkaError, RejectedRecords.
 *
 * @param place the partition as messages name it
 */
export function prepareBatch(records: Buffer | null, config: LogConfig, now: number, place: string): BatchView {
  const batch = onlyBatch(records)
  checkSize(batch, config)
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
  if (config.compact) checkKeys(batch, place)
  if (!config.logAppendTime) checkTimestamps(batch, config, now)
  const stored = asStored(batch, config, now)
  if (stored !== batch) checkSize(stored, config)
  if (stored.bytes.length > config.segmentBytes) throw new KafkaError('RECORD_LIST_TOO_LARGE')
  return stored
}

function checkSize({ bytes }: BatchView, { maxMessageBytes }: LogConfig) {
  if (bytes.length <= maxMessageBytes) return
  const detail = `The record batch size in the append is ${bytes.length} bytes which exceeds the maximum configured value of ${maxMessageBytes} bytes.`
  throw new KafkaError('MESSAGE_TOO_LARGE', detail)
}

/** `message.timestamp.before.max.ms` and `message.timestamp.after.max.ms`; a record without a time (-1) passes. */
function checkTimestamps(batch: BatchView, { timestampBeforeMaxMs, timestampAfterMaxMs }: LogConfig, now: number) {
  const earliest = now - timestampBeforeMaxMs
  const latest = now + timestampAfterMaxMs
  // The header names the latest time; the earliest stands in the records alone.
  if (batch.maxTimestamp <= latest && earliest === Number.NEGATIVE_INFINITY) return
  const wrong = [...unpacked(() => batch.index()).timestamp].flatMap((timestamp, batchIndex) => {
    if (timestamp === -1 || (timestamp >= earliest && timestamp <= latest)) return []
    const range = `[${earliest}, ${latest}]`
    const batchIndexErrorMessage = `Timestamp ${timestamp} of message with offset ${batchIndex} is out of range. The timestamp should be within ${range}`
    return [{ batchIndex, batchIndexErrorMessage }]
  })
  if (wrong.length === 0) return
  const detail = 'One or more records have been rejected due to invalid timestamp'
  throw new RejectedRecords('INVALID_TIMESTAMP', detail, wrong)
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

function checkKeys(batch: BatchView, place: string) {
  const { keyLength } = unpacked(() => batch.index())
  if (!keyLength.includes(-1)) return
  const batchIndexErrorMessage = `Compacted topic cannot accept message without key in topic partition ${place}`
  const wrong = [...keyLength].flatMap((length, batchIndex) =>
    length === -1 ? [{ batchIndex, batchIndexErrorMessage }] : [],
  )
  const shown = wrong
    .slice(0, 3)
    .map((one) => `RecordError(batchIndex=${one.batchIndex}, message='${one.batchIndexErrorMessage}')`)
  const detail = `One or more records have been rejected due to ${wrong.length} record errors in total, and only showing the first three errors at most: [${shown.join(', ')}]`
  throw new RejectedRecords('INVALID_RECORD', detail, wrong)
}

/** Records that are not what their batch says are the client's fault. */
function unpacked<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw new KafkaError('INVALID_RECORD', error.message)
  }
}

/** The batch in the topic's compression and with the topic's kind of time. */
function asStored(
  batch: BatchView,
  { compression, compressionLevel, logAppendTime }: LogConfig,
  now: number,
): BatchView {
  const recompressed = compression !== 'producer' && compression !== batch.compression
  if (!recompressed && !logAppendTime) return batch
  const bytes = recompressed ? unpacked(() => recompressBatch(batch, compression, compressionLevel)) : batch.bytes
  if (logAppendTime) {
    bytes.writeInt16BE(bytes.readInt16BE(21) | logAppendTimeBit, 21)
    writeInt64(bytes, 35, now)
  }
  return onlyBatch(sealBatch(bytes, batch))
}
