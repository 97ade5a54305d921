import type { SinkRecord, SourceRecord } from '#server/sdk/records.ts'
import type { Schema } from '#server/sdk/schema.ts'
import { schemaText } from '#server/sdk/schema-text.ts'
import { textForm } from '#server/sdk/text-form.ts'
import type { ConnectRecord } from '#server/sdk/transform.ts'

/** A record with its contents, in the form that Java's `toString` gives it. */
export function recordText(record: ConnectRecord): string {
  const { topic, partition = null, key = null, value, timestamp = null } = record
  const keySchema = record.keySchema ?? null
  const valueSchema = record.valueSchema ?? null
  return (
    `${'offset' in record ? sinkText(record) : sourceText(record)} ConnectRecord{topic='${topic}', ` +
    `kafkaPartition=${partition}, key=${textForm(key, keySchema)}, keySchema=${orNull(keySchema)}, ` +
    `value=${textForm(value, valueSchema)}, valueSchema=${orNull(valueSchema)}, timestamp=${timestamp}, ` +
    `headers=ConnectHeaders(headers=${headersText(record)})}`
  )
}

const orNull = (schema: Schema | null) => (schema ? schemaText(schema) : 'null')

const sourceText = ({ sourcePartition, sourceOffset }: SourceRecord) =>
  `SourceRecord{sourcePartition=${mapText(sourcePartition)}, sourceOffset=${mapText(sourceOffset)}}`

const mapText = (map: SourceRecord['sourceOffset']) =>
  map === null
    ? 'null'
    : `{${Object.entries(map)
        .map(([key, value]) => `${key}=${value}`)
        .join(', ')}}`

const sinkText = ({ offset, timestampType }: SinkRecord) =>
  `SinkRecord{kafkaOffset=${offset}, timestampType=${timestampType}}`

const headersText = ({ headers = [] }: ConnectRecord) =>
  headers
    .map(
      ({ name, value, schema }) =>
        `ConnectHeader(key=${name}, value=${textForm(value, schema)}, schema=${orNull(schema)})`,
    )
    .join(',')
