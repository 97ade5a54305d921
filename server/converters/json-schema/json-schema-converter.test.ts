import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonSchemaConverter } from '#server/converters/json-schema/json-schema-converter.ts'
import { jsonSchemaFields } from '#server/converters/json-schema/json-schema-fields.ts'
import { jsonSchemaFormat } from '#server/converters/json-schema/json-schema-format.ts'
import { readSettings } from '#server/converters/registry/read-settings.ts'
import { type MemoryRegistry, startMemoryRegistry } from '#server/converters/test-tree/memory-registry.ts'
import { askingConverter } from '#server/converters/test-tree/settled.ts'
import { throughFormat } from '#server/converters/test-tree/through-format.ts'
import { recordAndValue } from '#server/converters/testdata/arbitrary-record.ts'
import { sameValue } from '#server/converters/testdata/same-value.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { logical } from '#server/sdk/logical.ts'
import { sameSchema, schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'

let registry: MemoryRegistry
beforeAll(async () => {
  registry = await startMemoryRegistry()
})
afterAll(() => registry[Symbol.asyncDispose]())

const create = (config: Record<string, string> = {}) => askingConverter(jsonSchemaConverter, registry.url, config)
const registered = (subject: string) => JSON.parse(registry.versions(subject).at(-1)?.schema ?? '')
const headerOf = (id: number | undefined) => Buffer.from(`00${(id ?? 0).toString(16).padStart(8, '0')}`, 'hex')
const runs = process.env.SLUICE_TEST_FULL ? 2_000 : 100
/** For a machine that is busy with other things, too. */
const patient = { timeout: 120_000 }
let topics = 0
const newTopic = () => `json-${topics++}`

test.each([
  {},
  { 'decimal.format': 'NUMERIC' },
  {
    'json.fail.invalid.schema': 'true',
    'decimal.format': 'NUMERIC',
    'use.optional.for.nonrequired.properties': 'true',
  },
])('every value of every schema comes back as it was, its schema too (%o)', patient, (config) => {
  const settings = readSettings(jsonSchemaFields, { 'schema.registry.url': 'unused', ...config })
  const format = jsonSchemaFormat(settings)
  const anything = recordAndValue({
    facts: true,
    optional: 'any',
    flat: false,
    mapKeys: ['STRING', 'INT32', 'INT64', 'BOOLEAN'],
  })
  fc.assert(
    fc.property(anything, (given) => {
      const { back } = throughFormat(format, given)
      expect(sameSchema(back.schema, given.schema)).toBe(true)
      expect(sameValue(back.value, given.value)).toBe(true)
    }),
    // Compiling a check is slow.
    { numRuns: settings['json.fail.invalid.schema'] ? runs / 5 : runs },
  )
})

test('the schema of an order says what Confluent says, and its values are plain JSON', async () => {
  const order = schema.struct(
    {
      id: schema.int64(),
      note: schema.string({ optional: true, doc: 'Free text' }),
      total: logical.decimal(2),
      tags: schema.array(schema.int8()),
      counts: schema.map(schema.string(), schema.int32()),
      byId: schema.map(schema.int32(), schema.boolean()),
      raw: schema.bytes(),
    },
    { name: 'shop.Order' },
  )
  const value = new Struct(order, {
    id: 2n ** 60n + 1n,
    note: null,
    total: new Decimal(1999n, 2),
    tags: [1, 2],
    counts: new Map([['x', 1]]),
    byId: new Map([[7, true]]),
    raw: Buffer.from([255]),
  })
  const bytes = await create({ 'decimal.format': 'NUMERIC' }).from('orders', order, value)
  expect(registered('orders-value')).toEqual({
    type: 'object',
    title: 'shop.Order',
    properties: {
      id: { type: 'integer', 'connect.type': 'int64', 'connect.index': 0 },
      note: { 'connect.index': 1, oneOf: [{ type: 'null' }, { type: 'string', description: 'Free text' }] },
      total: {
        type: 'number',
        'connect.type': 'bytes',
        title: 'org.apache.kafka.connect.data.Decimal',
        'connect.version': 1,
        'connect.parameters': { scale: '2' },
        'connect.index': 2,
      },
      tags: { type: 'array', items: { type: 'integer', 'connect.type': 'int8' }, 'connect.index': 3 },
      counts: {
        type: 'object',
        'connect.type': 'map',
        additionalProperties: { type: 'integer', 'connect.type': 'int32' },
        'connect.index': 4,
      },
      byId: {
        type: 'array',
        'connect.type': 'map',
        items: {
          type: 'object',
          properties: {
            key: { type: 'integer', 'connect.type': 'int32', 'connect.index': 0 },
            value: { type: 'boolean', 'connect.index': 1 },
          },
        },
        'connect.index': 5,
      },
      raw: { type: 'string', 'connect.type': 'bytes', 'connect.index': 6 },
    },
  })
  expect(bytes?.subarray(5).toString()).toBe(
    '{"id":1152921504606846977,"note":null,"total":19.99,"tags":[1,2],"counts":{"x":1},"byId":[{"key":7,"value":true}],"raw":"/w=="}',
  )
})

test('schemas of other producers are read: references, enums, unions, several types', async () => {
  registry.put('address', {
    schemaType: 'JSON',
    schema: '{"type":"object","title":"Address","properties":{"city":{"type":"string"}}}',
  })
  const { id } = registry.put('customers-value', {
    schemaType: 'JSON',
    references: [{ name: 'address.json', subject: 'address', version: 1 }],
    schema: JSON.stringify({
      title: 'Customer',
      type: 'object',
      definitions: { level: { enum: ['gold', 'silver'] } },
      properties: {
        home: { $ref: 'address.json' },
        level: { $ref: '#/definitions/level' },
        age: { type: ['integer', 'null'] },
        either: { oneOf: [{ type: 'string' }, { type: 'object', properties: { a: { type: 'number' } } }] },
      },
    }),
  })
  const body = '{"home":{"city":"Paris"},"level":"gold","either":{"a":1}}'
  const read = await create({ 'json.fail.invalid.schema': 'true' }).to(
    'customers',
    Buffer.concat([headerOf(id), Buffer.from(body)]),
  )
  const customer = read.value as Struct
  expect((customer.get('home') as Struct).get('city')).toBe('Paris')
  expect(customer.get('level')).toBe('gold')
  expect(customer.get('age')).toBeNull()
  const either = customer.get('either') as Struct
  expect(either.get('io.confluent.connect.json.OneOf.field.0')).toBeNull()
  expect((either.get('io.confluent.connect.json.OneOf.field.1') as Struct).get('a')).toBe(1)
})

test('with json.fail.invalid.schema a value that breaks the rules of its schema is refused', async () => {
  const { id } = registry.put('strict-value', {
    schemaType: 'JSON',
    schema: '{"type":"object","properties":{"mail":{"type":"string","format":"email"}}}',
  })
  const bytes = Buffer.concat([headerOf(id), Buffer.from('{"mail":"nobody"}')])
  expect(((await create().to('strict', bytes)).value as Struct).get('mail')).toBe('nobody')
  const error = await create({ 'json.fail.invalid.schema': 'true' })
    .to('strict', bytes)
    .catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(DataError)
  expect(String((error as Error).cause)).toContain('/mail must match format "email"')
})

test('schemas that refer in circles or to nowhere are refused', async () => {
  const schemas = [
    '{"$ref":"#/definitions/a","definitions":{"a":{"$ref":"#/definitions/a"}}}',
    '{"type":"object","properties":{"next":{"$ref":"#"}}}',
    '{"$ref":"nowhere.json"}',
    '{"type":"array"}',
    'true',
    '{',
  ]
  for (const text of schemas) {
    const topic = newTopic()
    const { id } = registry.put(`${topic}-value`, { schemaType: 'JSON', schema: text })
    await expect(create().to(topic, Buffer.concat([headerOf(id), Buffer.from('{}')]))).rejects.toThrow(DataError)
  }
})

test('a schema of another language is refused', async () => {
  const { id } = registry.put('other-value', { schema: '"string"' })
  await expect(create().to('other', Buffer.concat([headerOf(id), Buffer.from('"x"')]))).rejects.toThrow(DataError)
})

test('bytes that are no record end in a DataException and in nothing else', patient, async () => {
  const of = schema.struct({ a: schema.int32(), b: schema.array(logical.decimal(2)) }, { name: 'B' })
  const converter = create()
  const known = await converter.from('malformed', of, new Struct(of, { a: 1, b: [new Decimal(1n, 2)] }))
  await converter.to('malformed', known)
  const header = known?.subarray(0, 5) ?? Buffer.alloc(0)
  const token = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"b"', '1', '1e9999', '-', 'null', '\u0000')
  const made = await converter.converter
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.array(token).map((list) => Buffer.from(list.join(''))),
      ),
      (body) => {
        try {
          made.toConnectData('malformed', Buffer.concat([header, body]))
        } catch (error) {
          expect(error).toBeInstanceOf(DataError)
        }
      },
    ),
    { numRuns: 1000 },
  )
})
