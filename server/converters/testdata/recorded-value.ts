import { Decimal } from '#server/sdk/decimal.ts'
import { doubleText, floatText } from '#server/sdk/java-number.ts'
import { type AttributeInput, type Field, type PrimitiveType, type Schema, schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { SchemaAndValue, Value } from '#server/sdk/value.ts'

/** A schema in the notation of the recordings of Kafka Connect. */
export interface RecordedSchema extends Omit<AttributeInput, 'default'> {
  type: Schema['type']
  default?: unknown
  fields?: { name: string; schema: RecordedSchema }[]
  key?: RecordedSchema | null
  value?: RecordedSchema | null
}

export interface RecordedPair {
  schema: RecordedSchema | null
  value: unknown
}

/** A Java value that has no counterpart here: a `Byte` where JavaScript has only numbers, a `UUID`, a far date. */
export class BeyondOurValues extends Error {}

export function schemaOf(recorded: RecordedSchema | null | undefined): Schema | null {
  if (!recorded) return null
  const { type, fields, key, value, default: given, ...attributes } = recorded
  const build = (input: AttributeInput): Schema => {
    if (type === 'ARRAY') return schema.array(schemaOf(value), input)
    if (type === 'MAP') return schema.map(schemaOf(key), schemaOf(value), input)
    if (type === 'STRUCT') {
      return schema.struct(
        (fields ?? []).map((field): Field => {
          const of = schemaOf(field.schema)
          if (!of) throw new Error('a field without a schema')
          return { name: field.name, schema: of }
        }),
        input,
      )
    }
    return schema.primitive(type as PrimitiveType, input)
  }
  const bare = build(attributes)
  return given === undefined ? bare : build({ ...attributes, default: valueOf(given, bare) })
}

export const pairOf = ({ schema: of, value }: RecordedPair): SchemaAndValue => {
  const made = schemaOf(of)
  return { schema: made, value: valueOf(value, made) }
}

/** Throws `BeyondOurValues` where the Java value cannot be told from another one here. */
export function valueOf(recorded: unknown, of: Schema | null): Value {
  if (recorded === null || typeof recorded === 'boolean' || typeof recorded === 'string') return recorded
  const entry = Object.entries(recorded as Record<string, never>).find(([key]) => key !== 'schema')
  if (!entry) throw new Error(`no value: ${JSON.stringify(recorded)}`)
  const [kind, content] = entry
  switch (kind) {
    case 'i8':
    case 'i16':
    case 'i32':
      return integer(kind, content, of)
    case 'i64':
      return BigInt(content)
    case 'f32':
    case 'f64':
      return floating(kind, Number(content), of)
    case 'bytes':
    case 'bytebuffer':
      return Buffer.from(content, 'base64')
    case 'decimal':
      return decimal(content)
    case 'date':
      return date(Number(content))
    case 'list':
      return (content as unknown[]).map((item) => valueOf(item, of?.type === 'ARRAY' ? of.items : null))
    case 'map':
      return new Map(
        (content as [unknown, unknown][]).map(([key, item]) =>
          of?.type === 'MAP' ? [valueOf(key, of.keys), valueOf(item, of.values)] : [valueOf(key, null), valueOf(item, null)],
        ),
      )
    case 'struct':
      return struct(content, (recorded as { schema?: RecordedSchema }).schema, of)
    default:
      throw new BeyondOurValues(kind)
  }
}

const decimal = ({ unscaled, scale }: { unscaled: string; scale: number }) => new Decimal(BigInt(unscaled), scale)

const widths: Readonly<Record<string, string>> = { i8: 'INT8', i16: 'INT16', i32: 'INT32' }

function integer(kind: string, content: number, of: Schema | null): Value {
  if (!of) return BigInt(content)
  if (of.type.startsWith('FLOAT')) throw new BeyondOurValues(`${kind} under ${of.type}`)
  if (Object.values(widths).includes(of.type) && of.type !== widths[kind] && !of.name) {
    throw new BeyondOurValues(`${kind} under ${of.type}`)
  }
  return content
}

function floating(kind: 'f32' | 'f64', content: number, of: Schema | null): Value {
  const own = kind === 'f32' ? 'FLOAT32' : 'FLOAT64'
  if (of && of.type !== own && (of.type.startsWith('FLOAT') || Number.isInteger(content))) {
    throw new BeyondOurValues(`${kind} under ${of.type}`)
  }
  if (!of && kind === 'f32' && doubleText(content) !== floatText(content)) throw new BeyondOurValues('f32 alone')
  return content
}

function date(ms: number): Date {
  const made = new Date(ms)
  if (Number.isNaN(made.getTime())) throw new BeyondOurValues(`the date ${ms}`)
  return made
}

function struct(content: [string, unknown][], own: RecordedSchema | undefined, of: Schema | null): Struct {
  const schemaHere = own ? schemaOf(own) : of
  if (schemaHere?.type !== 'STRUCT') throw new Error('a struct without its schema')
  const values = new Map(content)
  return Struct.of(
    schemaHere,
    schemaHere.fields.map((field) => valueOf(values.get(field.name) ?? null, field.schema)),
  )
}
