import fc from 'fast-check'
import protobuf from 'protobufjs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { protobufConverter } from '#server/converters/protobuf/protobuf-converter.ts'
import { protobufFields } from '#server/converters/protobuf/protobuf-fields.ts'
import { protobufFormat } from '#server/converters/protobuf/protobuf-format.ts'
import { readSettings } from '#server/converters/registry/read-settings.ts'
import { type MemoryRegistry, startMemoryRegistry } from '#server/converters/test-tree/memory-registry.ts'
import { askingConverter } from '#server/converters/test-tree/settled.ts'
import { throughFormat } from '#server/converters/test-tree/through-format.ts'
import { recordAndValue } from '#server/converters/testdata/arbitrary-record.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { logical } from '#server/sdk/logical.ts'
import { schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

let registry: MemoryRegistry
beforeAll(async () => {
  registry = await startMemoryRegistry()
})
afterAll(() => registry[Symbol.asyncDispose]())

const create = (config: Record<string, string> = {}) => askingConverter(protobufConverter, registry.url, config)
const registered = (subject: string) => registry.versions(subject).at(-1)?.schema ?? ''
const headerOf = (id: number | undefined) => Buffer.from(`00${(id ?? 0).toString(16).padStart(8, '0')}`, 'hex')
const runs = process.env.SLUICE_TEST_FULL ? 2_000 : 100
/** For a machine that is busy with other things, too. */
const patient = { timeout: 120_000 }
let topics = 0
const newTopic = () => `proto-${topics++}`

/** Structs by the names of their fields: Protobuf keeps no attributes of schemas. */
function plainly(value: Value): unknown {
  if (value instanceof Struct) {
    return Object.fromEntries(value.schema.fields.map(({ name }, at) => [name, plainly(value.storedAt(at))]))
  }
  if (value instanceof Map) return [...value].map(([key, item]) => [key, plainly(item)])
  if (Array.isArray(value)) return value.map(plainly)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return value instanceof Decimal ? value.toString() : value
}

const anything = recordAndValue({
  facts: false,
  optional: 'any',
  flat: true,
  mapKeys: ['STRING', 'INT8', 'INT32', 'INT64', 'BOOLEAN'],
})

const formatWith = (setting: string) =>
  protobufFormat(readSettings(protobufFields, { 'schema.registry.url': 'unused', [setting]: 'true' }))

test.each(['optional.for.nullables', 'wrapper.for.nullables'])(
  'with %s every value comes back as it was, nulls too',
  patient,
  (setting) => {
    const format = formatWith(setting)
    fc.assert(
      fc.property(anything, (given) => {
        expect(plainly(throughFormat(format, given).back.value)).toEqual(plainly(given.value))
      }),
      { numRuns: runs },
    )
  },
)

test('what is written is Protobuf: another implementation reads the schema and the bytes', patient, () => {
  const format = formatWith('optional.for.nullables')
  const plain = recordAndValue({ facts: false, optional: 'any', flat: true, mapKeys: ['STRING', 'INT32'] })
  fc.assert(
    fc.property(plain, (given) => {
      const { text, bytes } = throughFormat(format, given)
      const root = protobuf.parse(wellKnown, new protobuf.Root(), { keepCase: true }).root
      const { root: own } = protobuf.parse(text.replace(/import .*\n/g, ''), root, { keepCase: true })
      const type = own.lookupType((given.schema?.name ?? '').split('.').at(-1) ?? '')
      // Behind the index of the message.
      const body = bytes.subarray(1)
      // Whatever it reads it writes again; a map may come in another order.
      expect(type.encode(type.decode(body)).finish().length).toBe(body.length)
    }),
    { numRuns: runs },
  )
})

const wellKnown = `syntax = "proto3";
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message google { message protobuf { message Timestamp { int64 seconds = 1; int32 nanos = 2; } }
  message type { message Date { int32 year = 1; int32 month = 2; int32 day = 3; }
    message TimeOfDay { int32 hours = 1; int32 minutes = 2; int32 seconds = 3; int32 nanos = 4; } } }
message confluent { message type { message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; } } }
`

const order = schema.struct(
  {
    id: schema.int64(),
    name: schema.string({ optional: true }),
    tiny: schema.int8(),
    total: logical.decimal(2),
    at: logical.timestamp(),
    day: logical.date(),
    time: logical.time(),
    counts: schema.map(schema.string(), schema.int32()),
    xs: schema.array(schema.int32()),
    home: schema.struct({ city: schema.string() }, { name: 'shop.Address', optional: true }),
  },
  { name: 'shop.Order' },
)

test('the schema and the bytes of an order are as Confluent has them', async () => {
  const converter = create({ 'enhanced.protobuf.schema.support': 'true' })
  const address = order.fields[9]?.schema
  if (address?.type !== 'STRUCT') throw new Error('home is a struct')
  const value = new Struct(order, {
    id: -1n,
    name: 'Ada',
    tiny: 3,
    total: new Decimal(1999n, 2),
    at: new Date(-1),
    day: new Date(86_400_000),
    time: new Date(3_600_001),
    counts: new Map([['x', 1]]),
    xs: [1, 300],
    home: new Struct(address, { city: 'Paris' }),
  })
  const bytes = await converter.from('orders', order, value)
  expect(registered('orders-value')).toBe(`syntax = "proto3";
package shop;

import "confluent/meta.proto";
import "confluent/type/decimal.proto";
import "google/protobuf/timestamp.proto";
import "google/type/date.proto";
import "google/type/timeofday.proto";

message Order {
  int64 id = 1;
  string name = 2;
  int32 tiny = 3 [(confluent.field_meta) = {params: [{key: "connect.type", value: "int8"}]}];
  confluent.type.Decimal total = 4 [(confluent.field_meta) = {params: [{key: "scale", value: "2"}]}];
  google.protobuf.Timestamp at = 5;
  google.type.Date day = 6;
  google.type.TimeOfDay time = 7;
  map<string, int32> counts = 8;
  repeated int32 xs = 9;
  Address home = 10;

  message Address {
    string city = 1;
  }
}
`)
  // By hand, from the Protobuf specification.
  expect(bytes?.subarray(5).toString('hex')).toBe(
    [
      '00', // the first message of the file
      '08ffffffffffffffffff01', // -1
      '1203416461', // Ada
      '1803', // 3
      '2208',
      '0a0207cf',
      '1004',
      '1802', // 1999, four digits, scale 2
      '2a11',
      '08ffffffffffffffffff01',
      '10c08faedc03', // a second before the epoch and 999 million nanoseconds
      '320708b20f10011802', // 2 January 1970
      '3a06080120c0843d', // one hour and a million nanoseconds
      '42050a01781001', // x, 1
      '4a0301ac02', // 1, 300
      '52070a055061726973', // Paris
    ].join(''),
  )
  const back = await converter.to('orders', bytes)
  expect(back.schema?.name).toBe('shop.Order')
  expect(plainly(back.value)).toEqual(plainly(value))
})

test('messages of other producers are read: choices, enums, nested messages, references', async () => {
  registry.put('address', {
    schemaType: 'PROTOBUF',
    schema: 'syntax = "proto3"; package shop; message Address { string city = 1; }',
  })
  const { id } = registry.put('events-value', {
    schemaType: 'PROTOBUF',
    references: [{ name: 'shop/address.proto', subject: 'address', version: 1 }],
    schema: `syntax = "proto3";
package shop;
import "shop/address.proto";
message Other { int32 x = 1; }
message Event {
  enum Colour { RED = 0; BLUE = 2; }
  Colour colour = 1;
  oneof either { string text = 2; Address home = 3; }
  uint64 big = 4;
  message Inner { sint32 y = 1; }
}
`,
  })
  const converter = create()
  const event = await converter.to(
    'events',
    Buffer.concat([headerOf(id), Buffer.from('02020802', 'hex'), Buffer.from('1a070a055061726973', 'hex')]),
  )
  expect(plainly(event.value)).toEqual({
    colour: 'BLUE',
    big: 0n,
    either_0: { text: null, home: { city: 'Paris' } },
  })
  const inner = await converter.to('events', Buffer.concat([headerOf(id), Buffer.from('0402000801', 'hex')]))
  expect(plainly(inner.value)).toEqual({ y: -1 })
  expect(inner.schema?.name).toBe('Inner')
  const again = await converter.from('copies', event.schema, event.value)
  expect(plainly((await converter.to('copies', again)).value)).toEqual(plainly(event.value))
  expect(registered('copies-value')).toContain('oneof either {')
})

test('fields that are not known are skipped, and lists are read packed or not', async () => {
  const older = schema.struct({ xs: schema.array(schema.int32()) }, { name: 'L' })
  const converter = create()
  const known = await converter.from('lists', older, new Struct(older, { xs: [1] }))
  const header = known?.subarray(0, 6) ?? Buffer.alloc(0)
  // 1 alone, 2 and 3 packed, a text and a fixed number that nobody knows, 4 alone.
  const body = Buffer.from('08010a0202031a02686925010203040804', 'hex')
  const padded = Buffer.concat([header, body])
  expect(plainly((await converter.to('lists', padded)).value)).toEqual({ xs: [1, 2, 3, 4] })
})

test('older and newer records of one topic are each read as they were written', async () => {
  registry.compatibility = 'NONE'
  const older = schema.struct({ id: schema.int32() }, { name: 'E' })
  const newer = schema.struct({ id: schema.int32(), note: schema.string() }, { name: 'E' })
  const converter = create()
  const first = await converter.from('evolving', older, new Struct(older, { id: 1 }))
  const second = await converter.from('evolving', newer, new Struct(newer, { id: 2, note: 'x' }))
  expect(plainly((await create().to('evolving', first)).value)).toEqual({ id: 1 })
  expect(plainly((await create().to('evolving', second)).value)).toEqual({ id: 2, note: 'x' })
})

test.each([
  ['a value that is no struct', schema.string(), 'x'],
  ['a list of lists', schema.struct({ a: schema.array(schema.array(schema.int32())) }), [[1]]],
  ['a map whose keys are fractions', schema.struct({ a: schema.map(schema.float32(), schema.int32()) }), new Map()],
  ['a list with a null', schema.struct({ a: schema.array(schema.int32({ optional: true })) }), [null]],
  ['a name that Protobuf does not allow', schema.struct({ 'a-b': schema.int32() }), 1],
])('%s is refused', async (_what, of, value) => {
  const made = of.type === 'STRUCT' ? Struct.of(of, [value as Value]) : (value as Value)
  await expect(create().from(newTopic(), of, made)).rejects.toThrow(DataError)
})

test('a message that contains itself, and text that is none, are refused', async () => {
  for (const text of ['syntax = "proto3"; message Node { Node next = 1; }', 'message {', 'message A { B b = 1; }']) {
    const topic = newTopic()
    const { id } = registry.put(`${topic}-value`, { schemaType: 'PROTOBUF', schema: text })
    await expect(create().to(topic, Buffer.concat([headerOf(id), Buffer.from([0])]))).rejects.toThrow(DataError)
  }
})

test('bytes that are no record end in a DataException and in nothing else', patient, async () => {
  const converter = create()
  const known = await converter.from('malformed', order, new Struct(order)).catch(() => undefined)
  expect(known).toBeUndefined()
  const small = schema.struct(
    {
      a: schema.array(schema.struct({ m: schema.map(schema.string(), logical.decimal(2)) }, { name: 'S' })),
      d: logical.date({ optional: true }),
    },
    { name: 'M' },
  )
  const bytes = await converter.from('malformed', small, new Struct(small, { a: [], d: null }))
  await converter.to('malformed', bytes)
  const header = bytes?.subarray(0, 5) ?? Buffer.alloc(0)
  const made = await converter.converter
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (body) => {
      try {
        made.toConnectData('malformed', Buffer.concat([header, body]))
      } catch (error) {
        expect(error).toBeInstanceOf(DataError)
      }
    }),
    { numRuns: 2000 },
  )
  // Groups in groups, a hundred thousand of them.
  const hostile = Buffer.concat([header, Buffer.from([0]), Buffer.alloc(100_000, 0x7b)])
  expect(() => made.toConnectData('malformed', hostile)).toThrow(DataError)
})
