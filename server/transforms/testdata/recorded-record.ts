import { BeyondOurValues, pairOf, type RecordedPair } from '#server/converters/testdata/recorded-value.ts'
import { sameValue } from '#server/converters/testdata/same-value.ts'
import type { OffsetMap } from '#server/sdk/records.ts'
import { sameSchema } from '#server/sdk/schema.ts'
import type { ConnectRecord } from '#server/sdk/transform.ts'
import type { Header, SchemaAndValue } from '#server/sdk/value.ts'

/** A record in the notation of the recordings of Kafka Connect. */
export interface RecordedRecord {
  kind: 'source' | 'sink'
  topic: string
  partition: number | null
  key: RecordedPair
  value: RecordedPair
  timestamp: string | null
  headers: ({ name: string } & RecordedPair)[]
  sourcePartition?: { map: [string, { i64: string }][] }
  sourceOffset?: { map: [string, { i64: string }][] }
  offset?: string
  timestampType?: 'CreateTime' | 'LogAppendTime' | 'NoTimestampType'
}

/** Throws `BeyondOurValues` for a record that holds what has no counterpart here. */
export function recordOf(given: RecordedRecord): ConnectRecord {
  const recorded = withLargeIntegers(given) as RecordedRecord
  const key = pairOf(recorded.key)
  const value = pairOf(recorded.value)
  const shared = {
    topic: recorded.topic,
    keySchema: key.schema,
    key: key.value,
    valueSchema: value.schema,
    value: value.value,
    timestamp: recorded.timestamp === null ? null : Number(recorded.timestamp),
    headers: recorded.headers.map((header): Header => ({ name: header.name, ...pairOf(header) })),
  }
  if (shared.timestamp !== null && Number.isNaN(new Date(shared.timestamp).getTime())) throw new BeyondOurValues('time')
  if (recorded.kind === 'source') {
    return {
      ...shared,
      partition: recorded.partition,
      sourcePartition: mapOf(recorded.sourcePartition),
      sourceOffset: mapOf(recorded.sourceOffset),
    }
  }
  return {
    ...shared,
    partition: recorded.partition ?? 0,
    offset: Number(recorded.offset),
    timestampType: recorded.timestampType ?? 'CreateTime',
  }
}

/**
 * A `BigInteger` is told from a `Long` by its size alone here: a small one stands for one that needs more than 64 bits.
 * Zero, as which any number is masked, stays zero.
 */
function withLargeIntegers(recorded: unknown): unknown {
  if (typeof recorded !== 'object' || recorded === null) return recorded
  if (Array.isArray(recorded)) return recorded.map(withLargeIntegers)
  if ('bigint' in recorded) {
    const value = BigInt(recorded.bigint as string)
    return { i64: `${value === 0n ? value : value + 2n ** 64n}` }
  }
  return Object.fromEntries(Object.entries(recorded).map(([key, value]) => [key, withLargeIntegers(value)]))
}

const mapOf = (recorded: RecordedRecord['sourceOffset']): OffsetMap =>
  Object.fromEntries((recorded?.map ?? []).map(([key, { i64 }]) => [key, Number(i64)]))

const samePair = (a: SchemaAndValue, b: SchemaAndValue) => sameSchema(a.schema, b.schema) && sameValue(a.value, b.value)

/** Whether two records are the same in all their parts. */
export function sameRecord(a: ConnectRecord | null, b: ConnectRecord | null): boolean {
  if (a === null || b === null) return a === b
  return (
    a.topic === b.topic &&
    (a.partition ?? null) === (b.partition ?? null) &&
    (a.timestamp ?? null) === (b.timestamp ?? null) &&
    samePair(keyOf(a), keyOf(b)) &&
    samePair(valueOf(a), valueOf(b)) &&
    sameHeaders(a.headers ?? [], b.headers ?? []) &&
    JSON.stringify(placeOf(a)) === JSON.stringify(placeOf(b))
  )
}

const keyOf = ({ keySchema = null, key = null }: ConnectRecord): SchemaAndValue => ({ schema: keySchema, value: key })
const valueOf = ({ valueSchema = null, value }: ConnectRecord): SchemaAndValue => ({ schema: valueSchema, value })

const sameHeaders = (a: readonly Header[], b: readonly Header[]) =>
  a.length === b.length && a.every((header, i) => header.name === b[i]?.name && samePair(header, b[i]))

const placeOf = (record: ConnectRecord) =>
  'offset' in record
    ? [record.offset, record.timestampType]
    : [record.sourcePartition, record.sourceOffset]
