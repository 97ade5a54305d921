import type { RecordHeader } from '#server/protocol/batch-builder.ts'
import type { TaskConverters } from '#server/runtime/task/task-converters.ts'
import type { Tolerance } from '#server/runtime/task/tolerance.ts'
import type { SourceRecord } from '#server/sdk/records.ts'

/** A record's bytes, and the record that they were made from. */
export interface ConvertedRecord {
  source: SourceRecord
  key: Uint8Array | null
  value: Uint8Array | null
  headers: RecordHeader[]
  /** Milliseconds since the epoch. */
  timestamp: number
}

/** Headers first, then key, then value, as Kafka's sources do. Undefined: left out by tolerance. */
export function convertSourceRecord(
  source: SourceRecord,
  converters: TaskConverters,
  tolerance: Tolerance,
  now: number,
): ConvertedRecord | undefined {
  const { topic } = source
  const { classes } = converters
  const describe = () => `source record is = ${describeSource(source)}`
  const headers = tolerance.attempt(
    'HEADER_CONVERTER',
    classes.header,
    () =>
      (source.headers ?? []).map(({ name, schema, value }) => ({
        name,
        value: converters.header.fromConnectHeader(topic, name, schema, value),
      })),
    describe,
  )
  if (!headers) return undefined
  const key = tolerance.attempt(
    'KEY_CONVERTER',
    classes.key,
    () => ({ bytes: converters.key.fromConnectData(topic, source.keySchema ?? null, source.key ?? null) }),
    describe,
  )
  if (!key) return undefined
  const value = tolerance.attempt(
    'VALUE_CONVERTER',
    classes.value,
    () => ({ bytes: converters.value.fromConnectData(topic, source.valueSchema ?? null, source.value) }),
    describe,
  )
  if (!value) return undefined
  return { source, headers, key: key.bytes, value: value.bytes, timestamp: source.timestamp ?? now }
}

/** Where a record comes from and goes to; its contents may be anybody's secret. */
const describeSource = ({ topic, partition, sourcePartition, sourceOffset }: SourceRecord) =>
  `SourceRecord{sourcePartition=${JSON.stringify(sourcePartition)}, sourceOffset=${JSON.stringify(sourceOffset)}} ` +
  `{topic='${topic}', kafkaPartition=${partition ?? null}}`
