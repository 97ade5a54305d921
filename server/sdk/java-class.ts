import { Decimal } from '#server/sdk/decimal.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

/** The Java class that holds such a value in Kafka Connect, for messages that name it. */
export function javaClassOf(value: Value): string {
  if (typeof value === 'string') return 'java.lang.String'
  if (typeof value === 'boolean') return 'java.lang.Boolean'
  if (typeof value === 'bigint') return 'java.lang.Long'
  if (typeof value === 'number') return 'java.lang.Double'
  if (value instanceof Decimal) return 'java.math.BigDecimal'
  if (value instanceof Date) return 'java.util.Date'
  if (value instanceof Struct) return 'org.apache.kafka.connect.data.Struct'
  if (value instanceof Map) return 'java.util.HashMap'
  if (value instanceof Uint8Array) return '[B'
  return value === null ? 'null' : 'java.util.ArrayList'
}
