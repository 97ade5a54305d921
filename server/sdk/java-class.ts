import { Decimal } from '#server/sdk/decimal.ts'
import { isStruct, type Value } from '#server/sdk/value.ts'

/** The Java class that holds such a value in Kafka Connect, for messages that name it. */
export function javaClassOf(value: Value): string {
  if (typeof value === 'string') return 'java.lang.String'
  if (typeof value === 'boolean') return 'java.lang.Boolean'
  if (typeof value === 'bigint') return isInt64(value) ? 'java.lang.Long' : 'java.math.BigInteger'
  if (typeof value === 'number') return isInt32(value) ? 'java.lang.Integer' : 'java.lang.Double'
  if (value instanceof Decimal) return 'java.math.BigDecimal'
  if (value instanceof Date) return 'java.util.Date'
  if (isStruct(value)) return 'org.apache.kafka.connect.data.Struct'
  if (value instanceof Map) return 'java.util.HashMap'
  if (value instanceof Uint8Array) return '[B'
  return value === null ? 'null' : 'java.util.ArrayList'
}

export const isInt64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value
export const isInt32 = (value: number): boolean => (value | 0) === value && !Object.is(value, -0)
