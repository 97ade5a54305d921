import type { Value } from '#server/sdk/value.ts'

export const primitiveTypes = [
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FLOAT32',
  'FLOAT64',
  'BOOLEAN',
  'STRING',
  'BYTES',
] as const
export type PrimitiveType = (typeof primitiveTypes)[number]
export type SchemaType = PrimitiveType | 'ARRAY' | 'MAP' | 'STRUCT'

/** What a schema may say of itself besides its type. */
export interface SchemaAttributes {
  readonly optional: boolean
  readonly name?: string
  readonly version?: number
  readonly doc?: string
  readonly parameters?: ReadonlyMap<string, string>
  /** Taken in place of null. */
  readonly default?: Value
}

export interface PrimitiveSchema extends SchemaAttributes {
  readonly type: PrimitiveType
}
/** A schema inside may be null: elements of any kind, as a Java builder allows it. */
export interface ArraySchema extends SchemaAttributes {
  readonly type: 'ARRAY'
  readonly items: Schema | null
}
export interface MapSchema extends SchemaAttributes {
  readonly type: 'MAP'
  readonly keys: Schema | null
  readonly values: Schema | null
}
export interface Field {
  readonly name: string
  readonly schema: Schema
}
export interface StructSchema extends SchemaAttributes {
  readonly type: 'STRUCT'
  readonly fields: readonly Field[]
  /** Position of each field by its name. */
  readonly index: ReadonlyMap<string, number>
}

/** The shape of a value (Kafka: `org.apache.kafka.connect.data.Schema`): plain data that never changes. */
export type Schema = PrimitiveSchema | ArraySchema | MapSchema | StructSchema

/** Attributes as an author writes them; `parameters` may be a plain object. */
export interface AttributeInput {
  optional?: boolean
  name?: string
  version?: number
  doc?: string
  parameters?: ReadonlyMap<string, string> | Readonly<Record<string, string>>
  default?: Value
}

function attributes(input: AttributeInput = {}): SchemaAttributes {
  const { optional = false, parameters, ...rest } = input
  const map = parameters === undefined || parameters instanceof Map ? parameters : new Map(Object.entries(parameters))
  return { optional, ...rest, ...(map && { parameters: map as ReadonlyMap<string, string> }) }
}

const primitive =
  (type: PrimitiveType) =>
  (input?: AttributeInput): PrimitiveSchema =>
    Object.freeze({ type, ...attributes(input) })

/** Builds schemas: `schema.int64({ optional: true })`, `schema.struct({ id: schema.int64() }, { name: 'shop.Order' })`. */
export const schema = {
  int8: primitive('INT8'),
  int16: primitive('INT16'),
  int32: primitive('INT32'),
  int64: primitive('INT64'),
  float32: primitive('FLOAT32'),
  float64: primitive('FLOAT64'),
  boolean: primitive('BOOLEAN'),
  string: primitive('STRING'),
  bytes: primitive('BYTES'),
  primitive: (type: PrimitiveType, input?: AttributeInput) => primitive(type)(input),
  array: (items: Schema | null, input?: AttributeInput): ArraySchema =>
    Object.freeze({ type: 'ARRAY', items, ...attributes(input) }),
  map: (keys: Schema | null, values: Schema | null, input?: AttributeInput): MapSchema =>
    Object.freeze({ type: 'MAP', keys, values, ...attributes(input) }),
  struct: (fields: readonly Field[] | Readonly<Record<string, Schema>>, input?: AttributeInput): StructSchema => {
    const list = Array.isArray(fields)
      ? (fields as readonly Field[])
      : Object.entries(fields as Record<string, Schema>).map(([name, of]) => ({ name, schema: of }))
    const index = new Map(list.map(({ name }, at) => [name, at]))
    return Object.freeze({ type: 'STRUCT', fields: list, index, ...attributes(input) })
  },
}

/** Schemas that records without much structure share, so that converters meet the same object again and again. */
export const plain = {
  string: schema.string(),
  optionalString: schema.string({ optional: true }),
  bytes: schema.bytes(),
  optionalBytes: schema.bytes({ optional: true }),
} as const

/** Whether two schemas say the same (Kafka: `ConnectSchema.equals`). */
export function sameSchema(a: Schema | null, b: Schema | null): boolean {
  if (a === b) return true
  if (!a || !b || a.type !== b.type || a.optional !== b.optional) return false
  if (a.name !== b.name || a.version !== b.version || a.doc !== b.doc) return false
  if (!sameSchemaParameters(a.parameters, b.parameters) || !sameValue(a.default, b.default)) return false
  if (a.type === 'ARRAY') return sameSchema(a.items, (b as ArraySchema).items)
  if (a.type === 'MAP')
    return sameSchema(a.keys, (b as MapSchema).keys) && sameSchema(a.values, (b as MapSchema).values)
  if (a.type !== 'STRUCT') return true
  const others = (b as StructSchema).fields
  return (
    a.fields.length === others.length &&
    a.fields.every(({ name, schema: of }, at) => name === others[at]?.name && sameSchema(of, others[at].schema))
  )
}

/** Whether two schemas have the same parameters; none at all is not the same as an empty map. */
export function sameSchemaParameters(a?: ReadonlyMap<string, string>, b?: ReadonlyMap<string, string>): boolean {
  if (!a || !b) return a === b
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value)
}

function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b || Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return false
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime()
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && sameValue(value, b.get(key)))
  }
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, at) => sameValue(item, b[at]))
  if ('unscaled' in a && 'unscaled' in b) return a.unscaled === b.unscaled && a.scale === b.scale
  if ('schema' in a && 'schema' in b) {
    return (
      sameSchema(a.schema, b.schema) && a.schema.fields.every(({ name }) => sameValue(a.stored(name), b.stored(name)))
    )
  }
  return false
}
