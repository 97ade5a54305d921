import { expect, test } from 'vitest'
import { parseConfig } from '#server/core/config-def.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { logical } from '#server/sdk/logical.ts'
import { schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { ConnectRecord, Transform, TransformPlugin } from '#server/sdk/transform.ts'
import { celFilter } from '#server/transforms/cel/cel-filter.ts'
import { celMap } from '#server/transforms/cel/cel-map.ts'

function create(plugin: TransformPlugin, config: Record<string, string>): Transform {
  const parsed = parseConfig(plugin.config, config)
  if (!parsed.ok) throw new Error(parsed.problems[0]?.message)
  return plugin.create(parsed.value as never)
}
const filter = (condition: string) => create(celFilter, { condition })
const map = (mapping: string, mode = 'merge') => create(celMap, { mapping, mode })

const order = schema.struct({
  id: schema.int64(),
  quantity: schema.int32(),
  price: logical.decimal(2),
  tags: schema.array(schema.string()),
  note: schema.string({ optional: true }),
})
const record: ConnectRecord = {
  topic: 'orders',
  sourcePartition: null,
  sourceOffset: null,
  partition: 3,
  timestamp: 1_577_934_245_678,
  keySchema: schema.string(),
  key: 'k',
  valueSchema: order,
  value: new Struct(order, { id: 7n, quantity: 2, price: new Decimal(1050n, 2), tags: ['new', 'eu'], note: null }),
  headers: [{ name: 'tenant', schema: schema.string(), value: 'a' }],
}

test.each([
  ['value.quantity == 2 && value.id == 7', true],
  ['value.price > 10.4 && value.price < 10.6', true],
  ['"eu" in value.tags && value.tags.exists(tag, tag.startsWith("n"))', true],
  ['value.note == null && !has(value.missing)', true],
  ['topic.matches("^ord") && partition == 3 && key == "k" && headers.tenant == "a"', true],
  ['timestamp < timestamp("2020-01-02T00:00:00Z")', false],
  ['has(headers.other)', false],
])('keeps a record when %s is true, which is %s', (condition, kept) => {
  expect(filter(condition).apply(record)).toBe(kept ? record : null)
})

test('computes fields, and keeps one schema for all records of a kind', () => {
  const transform = map('{"total": value.price * double(value.quantity), "from": topic, "note": "none"}')
  const made = transform.apply(record)
  const value = made?.value as Struct
  expect(value.schema.fields.map(({ name, schema: of }) => [name, of.type])).toEqual([
    ['id', 'INT64'],
    ['quantity', 'INT32'],
    ['price', 'BYTES'],
    ['tags', 'ARRAY'],
    ['note', 'STRING'],
    ['total', 'FLOAT64'],
    ['from', 'STRING'],
  ])
  expect([value.get('total'), value.get('from'), value.get('note'), value.get('id')]).toEqual([
    21,
    'orders',
    'none',
    7n,
  ])
  expect(transform.apply(record)?.valueSchema).toBe(made?.valueSchema)
  expect(record.value).toEqual(
    new Struct(order, { id: 7n, quantity: 2, price: new Decimal(1050n, 2), tags: ['new', 'eu'], note: null }),
  )
})

test('makes a value of the fields alone, and maps without a schema of maps', () => {
  const replaced = map('{"n": value.quantity, "list": [1, 2], "u": uint(3)}', 'replace').apply(record)?.value as Struct
  expect([replaced.get('n'), replaced.get('list'), replaced.get('u')]).toEqual([2n, [1n, 2n], 3n])
  const plain = { ...record, valueSchema: null, value: new Map([['a', 1n]]) }
  expect(map('{"b": value.a + 1}').apply(plain)?.value).toEqual(
    new Map([
      ['a', 1n],
      ['b', 2n],
    ]),
  )
})

test('leaves the type of a field that is null as it was before', () => {
  const transform = map('{"n": has(value.id) && value.id > 0 ? dyn(value.id) : dyn(null)}')
  transform.apply(record)
  const none = { ...record, value: new Struct(order, { id: -1n, quantity: 0, price: new Decimal(0n, 2), tags: [] }) }
  const value = transform.apply(none)?.value as Struct
  expect([value.schema.fields.at(-1)?.schema.type, value.get('n')]).toEqual(['INT64', null])
})

test('a record that cannot be asked is an error of that record', () => {
  expect(() => filter('value.missing == 1').apply(record)).toThrow(DataError)
  expect(() => filter('value.note').apply(record)).toThrow(DataError)
  expect(() => map('{"d": duration("3s")}').apply(record)).toThrow('a value that a record cannot hold')
})

test.each([
  ['value.id ==', 'condition'],
  ['nobody.knows', 'condition'],
  ['"text"', 'condition'],
  ['[1].all(a, [1].all(b, [1].all(c, true)))', 'condition'],
  [`[${'1,'.repeat(200)}1].size() > 0`, 'condition'],
  [`${'('.repeat(100)}true${')'.repeat(100)}`, 'condition'],
  [Array.from({ length: 600 }, () => 'true').join(' && '), 'condition'],
])('says of %s what is wrong with it when it is written, not when records come', (condition, key) => {
  expect(celFilter.validate?.({ condition } as never)[key]).toHaveLength(1)
})

test('an expression finds no way out to the program that runs it (S-20)', () => {
  const attempts = [
    'value.constructor',
    'value.__proto__',
    'headers["constructor"]',
    'value["__proto__"]["polluted"]',
    'topic.constructor',
    'value.tags.constructor',
    'timestamp.constructor',
    '{"a": 1}.constructor',
    '{"__proto__": {"polluted": true}}.polluted',
    'this',
    'process.exit(1)',
    'globalThis',
    'constructor.constructor("return process")()',
  ]
  for (const attempt of attempts) {
    expect(() => map(`{"x": dyn(${attempt})}`).apply(record), attempt).toThrow()
  }
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
})

test('no pattern and no list keeps an expression busy (S-14, S-20)', () => {
  const bombs: [condition: string, value: string | string[]][] = [
    ['value.matches("^(a+)+$")', `${'a'.repeat(50_000)}!`],
    ['value.matches("(a|a)*b")', 'a'.repeat(50_000)],
    ['value.all(x, value.exists(y, x == y))', Array.from({ length: 300 }, (_, i) => `${i}`)],
    ['value.matches("a")', 'b'.repeat(1 << 20)],
  ]
  for (const [condition, value] of bombs) {
    const transform = filter(condition)
    const begin = performance.now()
    try {
      transform.apply({ ...record, valueSchema: null, value })
    } catch (error) {
      // On a busy machine even what is bounded may come to its deadline.
      expect(error).toBeInstanceOf(DataError)
    }
    // Natively each would take from seconds to ages; the bound is generous, for a busy machine.
    expect(performance.now() - begin, condition).toBeLessThan(2_000)
  }
  expect(() => filter('value.size() > 0').apply({ ...record, valueSchema: null, value: 'x'.repeat(2 << 20) })).toThrow(
    'too long for CEL',
  )
})
