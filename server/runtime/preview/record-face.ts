import { isUtf8 } from 'node:buffer'
import type { RecordFace, ValueFace } from '#server/contract/preview.ts'
import type { RecordHeader } from '#server/protocol/batch-builder.ts'
import { schemaJson } from '#server/sdk/connect-json-schema.ts'
import { createJsonWriter } from '#server/sdk/connect-json-writer.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { doubleText } from '#server/sdk/java-number.ts'
import { quoteJson } from '#server/sdk/json-quote.ts'
import type { Schema } from '#server/sdk/schema.ts'
import type { ConnectRecord } from '#server/sdk/transform.ts'
import { isStruct, type Value } from '#server/sdk/value.ts'

/** A person reads a record, not a book. */
const longest = 32_768

const writer = createJsonWriter({ decimalsAsNumbers: true, replaceNullWithDefault: false })

/** What a record looks like between two steps. */
export function recordFace(record: ConnectRecord): RecordFace {
  return {
    topic: record.topic,
    partition: record.partition ?? null,
    timestamp: record.timestamp ?? null,
    key: valueFace(record.keySchema ?? null, record.key ?? null),
    value: valueFace(record.valueSchema ?? null, record.value),
    headers: (record.headers ?? []).map(({ name, schema, value }) => ({ name, ...valueFace(schema, value) })),
  }
}

/** A record as it lies in Kafka. */
export function bytesFace(record: {
  topic: string
  partition: number | null
  timestamp: number | null
  key: Uint8Array | null
  value: Uint8Array | null
  headers: readonly RecordHeader[]
}): RecordFace {
  return {
    topic: record.topic,
    partition: record.partition,
    timestamp: record.timestamp,
    key: ofBytes(record.key),
    value: ofBytes(record.value),
    headers: record.headers.map(({ name, value }) => ({ name, ...ofBytes(value) })),
  }
}

function valueFace(schema: Schema | null, value: Value): ValueFace {
  const shown = schema ? schemaJson(schema, writer) : null
  if (value === null) return { text: null, form: 'json', schema: shown }
  return { ...shortened(displayJson(value)), form: 'json', schema: shown }
}

function ofBytes(bytes: Uint8Array | null): ValueFace {
  if (bytes === null) return { text: null, form: 'text', schema: null }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const form = isUtf8(buffer) ? 'text' : 'base64'
  return { ...shortened(buffer.toString(form === 'text' ? 'utf8' : 'base64')), form, schema: null }
}

function shortened(text: string): { text: string; cut?: number } {
  if (text.length <= longest) return { text }
  return { text: text.slice(0, longest), cut: text.length - longest }
}

/**
 * Any value as JSON, whatever its schema says: a transform is looked at before a converter has had its say, so a value that no
 * converter would take is shown as well.
 */
function displayJson(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return quoteJson(value)
  if (typeof value === 'boolean' || typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return Number.isFinite(value) ? numberText(value) : quoteJson(String(value))
  if (value instanceof Date) return quoteJson(Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString())
  if (value instanceof Decimal) return value.toString()
  if (value instanceof Uint8Array) return quoteJson(Buffer.from(value).toString('base64'))
  if (isStruct(value)) {
    return objectText(value.schema.fields.map(({ name }, at) => [name, value.storedAt(at)] as const))
  }
  if (value instanceof Map) {
    return objectText(
      [...value].map(([key, item]) => [typeof key === 'string' ? key : displayJson(key), item] as const),
    )
  }
  return `[${(value as readonly Value[]).map(displayJson).join(',')}]`
}

/** Under a schema an integer is a number, too; only Java's text tells a whole floating-point number from one. */
const numberText = (value: number) => (Number.isInteger(value) ? `${value}` : doubleText(value))

const objectText = (entries: readonly (readonly [string, Value])[]) =>
  `{${entries.map(([name, value]) => `${quoteJson(name)}:${displayJson(value)}`).join(',')}}`
