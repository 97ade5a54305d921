import { DataError } from '#server/sdk/data-error.ts'
import { javaClassOf } from '#server/sdk/java-class.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

/** The value as a map; `purpose` tells in the message what for (Kafka: `Requirements.requireMap`). */
export function requireMap(value: Value, purpose: string): ReadonlyMap<Value, Value> {
  if (value instanceof Map) return value
  throw new DataError(`Only Map objects supported in absence of schema for [${purpose}], found: ${javaClassOf(value)}`)
}

/** The value as a struct (Kafka: `Requirements.requireStruct`). */
export function requireStruct(value: Value, purpose: string): Struct {
  if (value instanceof Struct) return value
  throw new DataError(`Only Struct objects supported for [${purpose}], found: ${javaClassOf(value)}`)
}
