import { Decimal } from '#server/sdk/decimal.ts'
import { type Field, type Schema, type StructSchema, schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

/** A schema as the recordings write it. */
export interface RecordedSchema {
  type: Schema['type']
  optional: boolean
  name?: string
  version?: number
  doc?: string
  parameters?: Record<string, string>
  default?: RecordedValue
  key?: RecordedSchema | null
  value?: RecordedSchema | null
  fields?: { name: string; schema: RecordedSchema }[]
}

/** A value as the recordings write it: `{"i64":"7"}`, `{"map":[[k,v],…]}`, or JSON's own null, booleans and strings. */
export type RecordedValue = null | boolean | string | Record<string, unknown>

export function readSchema(recorded: RecordedSchema | null | undefined): Schema | null {
  if (!recorded) return null
  const { type, key, value, fields, default: fallback, ...attributes } = recorded
  const bare = build({})
  return fallback === undefined ? bare : build({ default: readValue(fallback, bare) })

  function build(more: { default?: Value }): Schema {
    const all = { ...attributes, ...more }
    if (type === 'ARRAY') return schema.array(readSchema(value), all)
    if (type === 'MAP') return schema.map(readSchema(key), readSchema(value), all)
    if (type !== 'STRUCT') return schema.primitive(type, all)
    const list = (fields ?? []).map((field): Field => ({ name: field.name, schema: readSchema(field.schema) as Schema }))
    return schema.struct(list, all)
  }
}

/** `of` is the schema known for this place; a number without one is a bigint when it was a whole number in Java. */
export function readValue(recorded: RecordedValue, of: Schema | null): Value {
  if (recorded === null || typeof recorded !== 'object') return recorded
  const [[kind, held] = ['', undefined]] = Object.entries(recorded)
  switch (kind) {
    case 'i8':
    case 'i16':
    case 'i32':
      return of === null || of.type === 'INT64' ? BigInt(held as number) : (held as number)
    case 'i64':
    case 'bigint':
      return BigInt(held as string)
    case 'f32':
    case 'f64':
      return Number(held)
    case 'bytes':
    case 'bytebuffer':
      return Buffer.from(held as string, 'base64')
    case 'decimal': {
      const { unscaled, scale } = held as { unscaled: string; scale: number }
      return new Decimal(BigInt(unscaled), scale)
    }
    case 'date':
      return new Date(Number(held))
    case 'list':
      return (held as RecordedValue[]).map((item) => readValue(item, of?.type === 'ARRAY' ? of.items : null))
    case 'map': {
      const { keys, values } = of?.type === 'MAP' ? of : { keys: null, values: null }
      const entries = held as [RecordedValue, RecordedValue][]
      return new Map(entries.map(([key, value]) => [readValue(key, keys), readValue(value, values)]))
    }
    case 'struct': {
      const own = (recorded.schema ? readSchema(recorded.schema as RecordedSchema) : of) as StructSchema
      const entries = held as [string, RecordedValue][]
      const schemaOf = (name: string) => own.fields.find((field) => field.name === name)?.schema ?? null
      return new Struct(own, Object.fromEntries(entries.map(([name, value]) => [name, readValue(value, schemaOf(name))])))
    }
    default:
      throw new Error(`${kind} cannot be a value here`)
  }
}

/** A map of the recordings that holds only JSON's primitives, such as an offset. */
export function readOffset(recorded: RecordedValue): Record<string, unknown> | null {
  if (recorded === null) return null
  const entries = (recorded as { map: [string, RecordedValue][] }).map
  return Object.fromEntries(
    entries.map(([key, value]) => {
      const read = readValue(value, null)
      return [key, typeof read === 'bigint' ? Number(read) : read]
    }),
  )
}
