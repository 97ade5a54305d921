import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConnectError } from '#server/contract/errors.ts'
import { plainValue, schemaAndValue } from '#server/converters/testdata/arbitrary-value.ts'
import { parseConfig } from '#server/core/config-def.ts'
import { isRetriable } from '#server/sdk/data-error.ts'
import { logical } from '#server/sdk/logical.ts'
import { plain, schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { ConnectRecord, PredicatePlugin, TransformPlugin } from '#server/sdk/transform.ts'
import type { SchemaAndValue, Value } from '#server/sdk/value.ts'
import { predicates, transforms } from '#server/transforms/catalog.ts'
import { sameRecord } from '#server/transforms/testdata/recorded-record.ts'

function create<P extends TransformPlugin | PredicatePlugin>(
  plugin: P,
  config: Record<string, string>,
): ReturnType<P['create']> {
  const parsed = parseConfig(plugin.config, config)
  if (!parsed.ok) throw new ConnectError('CONFIG_INVALID', parsed.problems.map(({ message }) => message).join('\n'))
  return plugin.create(parsed.value as never) as ReturnType<P['create']>
}

const withoutSchema: fc.Arbitrary<SchemaAndValue> = plainValue.map((value) => ({ schema: null, value }))
/** What most transforms take. */
const plainParts: fc.Arbitrary<SchemaAndValue> = fc.oneof(
  fc.string().map((value) => ({ schema: schema.string({ optional: true }), value })),
  fc.integer().map((value) => ({ schema: schema.int32(), value })),
  fc.integer({ min: 0, max: 4e12 }).map((ms) => ({ schema: logical.timestamp(), value: new Date(ms) })),
)

const names = ['a', 'b', 'c']
const part = fc.oneof(schemaAndValue, withoutSchema, fieldsNamed(names), structNamed(names))

/** Maps whose keys the settings below name. */
function fieldsNamed(names: readonly string[]): fc.Arbitrary<SchemaAndValue> {
  const value: fc.Arbitrary<Value> = fc.oneof(plainValue, fc.bigInt({ min: 0n, max: 10n ** 12n }))
  return fc.tuple(...names.map(() => value)).map((values) => ({
    schema: null,
    value: new Map(names.map((name, i) => [name, values[i] ?? null])),
  }))
}

/** Structs of the same fields, which hold structs, lists and maps, too. */
function structNamed(names: readonly string[]): fc.Arbitrary<SchemaAndValue> {
  const fields = fc.tuple(...names.map(() => fc.oneof(schemaAndValue, plainParts)))
  return fields.map((parts) => {
    const of = schema.struct(names.map((name, i) => ({ name, schema: parts[i]?.schema ?? plain.optionalString })))
    return {
      schema: of,
      value: Struct.of(
        of,
        parts.map((given) => (given.schema ? given.value : null)),
      ),
    }
  })
}

const anyRecord: fc.Arbitrary<ConnectRecord> = fc
  .record({
    key: part,
    value: part,
    headers: fc.array(fc.tuple(fc.constantFrom('h', 'other'), part), { maxLength: 2 }),
    timestamp: fc.option(fc.integer({ min: 0, max: 4e12 })),
  })
  .map(({ key, value, headers, timestamp }) => ({
    topic: 'orders-1',
    sourcePartition: { file: 'a' },
    sourceOffset: { position: 1 },
    partition: 1,
    timestamp,
    keySchema: key.schema,
    key: key.value,
    valueSchema: value.schema,
    value: value.value,
    headers: headers.map(([name, pair]) => ({ name, ...pair })),
  }))

/** Settings under which each transform has something to do with those records. */
const settings: Readonly<Record<string, Record<string, string>>> = {
  Cast: { spec: 'a:string,b:float64' },
  DropHeaders: { headers: 'h' },
  ExtractField: { field: 'a' },
  HeaderFrom: { fields: 'a', headers: 'from', operation: 'move' },
  InsertField: { 'topic.field': 't', 'timestamp.field': 'ts', 'static.field': 's', 'static.value': 'x' },
  MaskField: { fields: 'a,b' },
  ReplaceField: { exclude: 'b', renames: 'a:z' },
  TimestampConverter: { field: 'a', 'target.type': 'string', format: 'yyyy-MM-dd' },
  ValueToKey: { fields: 'a' },
  CelFilter: { condition: 'topic.size() > 0' },
  CelMap: { mapping: '{"z": topic}' },
}

const made = transforms.map((plugin) => {
  const simple = plugin.class.slice(plugin.class.lastIndexOf('.') + 1).replace(/\$.*/, '')
  return { name: plugin.class, transform: create(plugin, settings[simple] ?? plugin.example) }
})

const ofDates = schema.struct({ a: logical.timestamp(), b: schema.int32(), c: schema.string() })
const ofStructs = schema.struct({ buyer: schema.struct({ mail: schema.string() }), a: schema.string() })
const examples: readonly ConnectRecord[] = [
  [ofDates, Struct.of(ofDates, [new Date(0), 1, 'c'])] as const,
  [ofStructs, new Struct(ofStructs, { a: '1' })] as const,
  [null, new Map<Value, Value>([['a', 1n]])] as const,
].map(([of, value]) => ({
  topic: 'orders-1',
  sourcePartition: null,
  sourceOffset: null,
  timestamp: 1,
  keySchema: of,
  key: value,
  valueSchema: of,
  value,
  headers: [{ name: 'h', schema: plain.string, value: 'x' }],
}))

/** What a transform makes of a record, an error being an answer, too. */
function answerOf(apply: () => ConnectRecord | null): ConnectRecord | Error | null {
  try {
    return apply()
  } catch (error) {
    if (error instanceof Error) return error
    throw error
  }
}

test.each(made)(
  '$name leaves the record that it is given as it was, and does not try again what cannot be done',
  ({ transform }) => {
    let worked = 0
    fc.assert(
      fc.property(anyRecord, (record) => {
        const before = structuredClone({ ...record, ...frozen(record) })
        const answer = answerOf(() => transform.apply(record))
        expect(structuredClone({ ...record, ...frozen(record) })).toEqual(before)
        if (answer instanceof Error) expect(isRetriable(answer)).toBe(false)
        else worked += 1
      }),
      // The examples come first, so that each transform has something that it can do.
      { numRuns: 60, examples: examples.map((record) => [record]) },
    )
    expect(worked).toBeGreaterThan(0)
  },
)

/** Schemas and structs hold what cannot be cloned: their texts stand for them. */
function frozen({ keySchema, key, valueSchema, value, headers }: ConnectRecord) {
  const text = (part: unknown) =>
    JSON.stringify(part, (_key, item) => {
      if (typeof item === 'bigint') return `${item}n`
      if (item instanceof Map) return [...item]
      if (typeof item === 'object' && item !== null && 'storedAt' in item) {
        return item.schema.fields.map((_field: unknown, at: number) => item.storedAt(at))
      }
      return item
    })
  return {
    keySchema: text(keySchema),
    key: text(key),
    valueSchema: text(valueSchema),
    value: text(value),
    headers: text(headers),
  }
}

test('the same transform answers the same to the same record, whatever came between', () => {
  fc.assert(
    fc.property(anyRecord, anyRecord, fc.constantFrom(...made), (record, other, { transform }) => {
      const first = answerOf(() => transform.apply(record))
      answerOf(() => transform.apply(other))
      const second = answerOf(() => transform.apply(record))
      if (first instanceof Error) expect(second).toMatchObject({ message: first.message })
      else expect(!(second instanceof Error) && sameRecord(first, second)).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('malformed settings are refused as such, and never as anything else', () => {
  const plugins = [...transforms, ...predicates]
  const text = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom('', ',', ':', 'a:', '`', '(', '[', '$', '${', '\\', '-1', 'true'),
  )
  const malformed = fc
    .constantFrom(...plugins)
    .chain((plugin) =>
      fc
        .record(Object.fromEntries(Object.keys(plugin.config).map((key) => [key, text])), { requiredKeys: [] })
        .map((config) => ({ plugin, config })),
    )
  fc.assert(
    fc.property(malformed, ({ plugin, config }) => {
      try {
        create(plugin, config as Record<string, string>)
      } catch (error) {
        expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
      }
    }),
    { numRuns: 1_000 },
  )
})
