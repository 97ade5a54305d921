import type { RecordHeader } from '#server/protocol/batch-builder.ts'
import type { RecordAtHand } from '#server/runtime/task/record-at-hand.ts'
import type { TaskConverters } from '#server/runtime/task/task-converters.ts'
import type { TaskTransforms } from '#server/runtime/task/task-transforms.ts'
import type { Tolerance } from '#server/runtime/task/tolerance.ts'
import type { SourceRecord } from '#server/sdk/records.ts'

/** A record's bytes, and the record that they were made from. */
export interface ConvertedRecord {
  /** As the task polled it. */
  source: SourceRecord
  topic: string
  key: Uint8Array | null
  value: Uint8Array | null
  headers: RecordHeader[]
  /** Milliseconds since the epoch. */
  timestamp: number
}

/** What the chain of transforms makes of a polled record; undefined: dropped, or left out by tolerance. */
export function transformSourceRecord(
  source: SourceRecord,
  transforms: TaskTransforms | undefined,
  tolerance: Tolerance,
  atHand: RecordAtHand,
): SourceRecord | undefined {
  if (!transforms) return source
  return transforms.apply(source, tolerance, atHand) ?? undefined
}

/** Headers first, then key, then value, as Kafka's sources do. Undefined: left out by tolerance. */
export function convertSourceRecord(
  source: SourceRecord,
  record: SourceRecord,
  converters: TaskConverters,
  tolerance: Tolerance,
  atHand: RecordAtHand,
  now: number,
): ConvertedRecord | undefined {
  const { topic } = record
  const { classes } = converters
  const headers = tolerance.attempt(
    'HEADER_CONVERTER',
    classes.header,
    () =>
      (record.headers ?? []).map(({ name, schema, value }) => ({
        name,
        value: converters.header.fromConnectHeader(topic, name, schema, value),
      })),
    atHand,
  )
  if (!headers) return undefined
  const key = tolerance.attempt(
    'KEY_CONVERTER',
    classes.key,
    () => ({ bytes: converters.key.fromConnectData(topic, record.keySchema ?? null, record.key ?? null) }),
    atHand,
  )
  if (!key) return undefined
  const value = tolerance.attempt(
    'VALUE_CONVERTER',
    classes.value,
    () => ({ bytes: converters.value.fromConnectData(topic, record.valueSchema ?? null, record.value) }),
    atHand,
  )
  if (!value) return undefined
  return { source, topic, headers, key: key.bytes, value: value.bytes, timestamp: record.timestamp ?? now }
}

/** A polled record: where it comes from and goes to; its contents may be anybody's secret. */
export const polledRecord = (source: SourceRecord): RecordAtHand => ({ describe: () => describeSource(source) })

const describeSource = ({ topic, partition, sourcePartition, sourceOffset }: SourceRecord) =>
  `source record is = SourceRecord{sourcePartition=${JSON.stringify(sourcePartition)}, sourceOffset=${JSON.stringify(sourceOffset)}} ` +
  `{topic='${topic}', kafkaPartition=${partition ?? null}}`
