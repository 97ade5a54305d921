import type { RecordFormat, TopicRecord } from '#server/contract/topics.ts'
import { type RawRecord, sizeOf } from '#server/topics/raw-record.ts'
import { showBytes } from '#server/topics/show-bytes.ts'

/** A record for the screen; it holds no memory of the fetched answer. */
export function showRecord(record: RawRecord, format: RecordFormat): TopicRecord {
  const show = (bytes: Uint8Array | null) => (bytes ? showBytes(bytes, format) : null)
  return {
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestamp,
    key: show(record.key),
    value: show(record.value),
    headers: record.headers.map(({ name, value }) => ({ name, value: show(value) })),
    size: sizeOf(record),
  }
}
