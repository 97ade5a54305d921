import type { TextRecord } from '#server/core/config-record.ts'
import { parseExact, readObject, writeExact } from '#server/core/exact-json.ts'

/**
 * What one record of the offsets topic says; a null offset takes the earlier one back. I14: integers beyond 2^53 are
 * bigints, so that a position is never rounded.
 */
export interface OffsetRecord {
  connector: string
  partition: Record<string, unknown>
  offset: Record<string, unknown> | null
}

/**
 * The key of a source partition. Kafka Connect compares these bytes, so the order of the partition's properties is part
 * of its identity.
 */
export const offsetKey = (connector: string, partition: Record<string, unknown>): string =>
  writeExact([connector, partition])

/** The record in the very bytes of Kafka Connect (`OffsetStorageWriter`). */
export const encodeOffsetRecord = ({ connector, partition, offset }: OffsetRecord): TextRecord => ({
  key: offsetKey(connector, partition),
  value: offset === null ? null : writeExact(offset),
})

/** Reads a record; `malformed` when key or value make no sense, to be skipped with a word about it. */
export function decodeOffsetRecord({ key, value }: TextRecord): OffsetRecord | 'malformed' {
  const named = readKey(key)
  const offset = value === null ? null : readObject(value)
  return named === undefined || offset === undefined ? 'malformed' : { ...named, offset }
}

function readKey(key: string): Omit<OffsetRecord, 'offset'> | undefined {
  try {
    const parsed = parseExact(key)
    if (!Array.isArray(parsed) || parsed.length !== 2) return undefined
    const [connector, partition] = parsed as unknown[]
    if (typeof connector !== 'string') return undefined
    // A connector may hand out a null partition; its offset can be read but not told apart.
    if (typeof partition !== 'object' || Array.isArray(partition)) return undefined
    return { connector, partition: (partition ?? {}) as Record<string, unknown> }
  } catch {
    return undefined // the caller says which record it was
  }
}
