import type { ConnectorOffset } from '#server/contract/connector.ts'
import type { TextRecord } from '#server/core/config-record.ts'
import { decodeOffsetRecord, offsetKey } from '#server/core/offset-record.ts'

export interface StoredOffset {
  /** The very key in the topic: a tombstone must carry the same bytes. */
  key: string
  partition: Record<string, unknown>
  offset: Record<string, unknown>
}

export interface OffsetFold {
  /** Takes a record in; false when nobody can read it, and nothing changed. */
  apply(record: TextRecord): boolean
  /** The offset of a partition; null when there is none. Properties count in their order. */
  lookup(connector: string, partition: Record<string, unknown>): Record<string, unknown> | null
  /** Everything known of one connector, in the order in which it was first said. */
  of(connector: string): StoredOffset[]
}

/** The one reducer of the offsets topic: the last record of each key counts. */
export function createOffsetFold(): OffsetFold {
  const connectors = new Map<string, Map<string, StoredOffset>>()
  return {
    apply(record) {
      const decoded = decodeOffsetRecord(record)
      if (decoded === 'malformed') return false
      const { connector, partition, offset } = decoded
      const known = connectors.get(connector) ?? new Map<string, StoredOffset>()
      if (offset) known.set(record.key, { key: record.key, partition, offset })
      else known.delete(record.key)
      if (known.size > 0) connectors.set(connector, known)
      else connectors.delete(connector)
      return true
    },
    lookup: (connector, partition) => connectors.get(connector)?.get(offsetKey(connector, partition))?.offset ?? null,
    of: (connector) => [...(connectors.get(connector)?.values() ?? [])],
  }
}

/** As `GET /connectors/{name}/offsets` answers it. */
export const toConnectorOffset = ({ partition, offset }: StoredOffset): ConnectorOffset => ({ partition, offset })
