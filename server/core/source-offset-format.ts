import type { OffsetChange } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'

/** What the data model calls values that are not primitive; a whole number beyond a double's reach arrives as `bigint`. */
const kindOf = (value: unknown): string | undefined => {
  if (Array.isArray(value)) return 'ARRAY'
  return typeof value === 'object' && value !== null ? 'MAP' : undefined
}

/**
 * Refuses what no source partition or offset may hold, in Kafka's words (`OffsetUtils.validateFormat`): their values are
 * primitives.
 */
export function checkSourceOffset({ partition, offset }: OffsetChange): void {
  for (const map of [partition, offset]) {
    for (const [field, value] of Object.entries(map ?? {})) {
      const kind = kindOf(value)
      if (kind === undefined) continue
      const message = `Offsets may only contain primitive types as values, but field ${field} contains ${kind}`
      throw new ConnectError('BAD_REQUEST', message, { status: 500 })
    }
  }
}
