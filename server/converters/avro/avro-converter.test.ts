import avsc from 'avsc'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { avroConverter } from '#server/converters/avro/avro-converter.ts'
import { avroFields } from '#server/converters/avro/avro-fields.ts'
import { avroFormat } from '#server/converters/avro/avro-format.ts'
import { readSettings } from '#server/converters/registry/read-settings.ts'
import { type MemoryRegistry, startMemoryRegistry } from '#server/converters/test-tree/memory-registry.ts'
import { askingConverter } from '#server/converters/test-tree/settled.ts'
import { throughFormat } from '#server/converters/test-tree/through-format.ts'
import { recordAndValue } from '#server/converters/testdata/arbitrary-record.ts'
import { plainValue } from '#server/converters/testdata/arbitrary-value.ts'
import { sameValue } from '#server/converters/testdata/same-value.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { logical } from '#server/sdk/logical.ts'
import { type Schema, sameSchema, schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Value } from '#server/sdk/value.ts'

let registry: MemoryRegistry
beforeAll(async () => {
  registry = await startMemoryRegistry()
  registry.compatibility = 'NONE'
})
afterAll(() => registry[Symbol.asyncDispose]())

const create = (config: Record<string, string> = {}) => askingConverter(avroConverter, registry.url, config)
const registered = (subject: string) => registry.versions(subject).at(-1)?.schema ?? ''
const runs = process.env.SLUICE_TEST_FULL ? 2_000 : 100
/** For a machine that is busy with other things, too. */
const patient = { timeout: 120_000 }
let topics = 0
const newTopic = () => `avro-${topics++}`

const anything = recordAndValue({
  facts: true,
  optional: 'any',
  flat: false,
  mapKeys: ['STRING', 'INT32', 'INT64', 'BOOLEAN'],
})

const format = avroFormat(readSettings(avroFields, { 'schema.registry.url': 'unused' }))

test('every value of every schema comes back as it was, its schema too', patient, () => {
  fc.assert(
    fc.property(anything, (given) => {
      if (given.value === null) return
      const { back } = throughFormat(format, given)
      // What stands for a whole record is always there.
      expect(sameSchema({ ...back.schema, optional: given.schema?.optional } as Schema, given.schema)).toBe(true)
      expect(sameValue(withSchema(back.value, given.schema), given.value)).toBe(true)
    }),
    { numRuns: runs },
  )
})

const withSchema = (value: unknown, of: Schema | null) =>
  value instanceof Struct && of?.type === 'STRUCT'
    ? Struct.of(
        of,
        of.fields.map((_field, at) => value.storedAt(at)),
      )
    : (value as never)

test('what is written is Avro: another implementation reads the schema and the bytes', patient, () => {
  fc.assert(
    fc.property(anything, (given) => {
      if (given.value === null) return
      const { text, bytes } = throughFormat(format, given)
      const type = avsc.Type.forSchema(JSON.parse(text), {
        wrapUnions: true,
        typeHook: (made) =>
          made === 'long' || (made as { type?: unknown }).type === 'long' ? longAsBigInt : undefined,
      })
      // Whatever it reads it writes again, byte for byte.
      expect(type.toBuffer(type.fromBuffer(bytes)).equals(bytes)).toBe(true)
    }),
    { numRuns: runs },
  )
})

const longAsBigInt = avsc.types.LongType.__with({
  fromBuffer: (raw: Buffer) => raw.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const raw = Buffer.alloc(8)
    raw.writeBigInt64LE(BigInt.asIntN(64, value)) // JSON.parse rounded the default
    return raw
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
})

const order = schema.struct(
  {
    id: schema.int64(),
    name: schema.string({ optional: true }),
    total: logical.decimal(2),
    at: logical.timestamp({ optional: true }),
    day: logical.date(),
    time: logical.time(),
    tiny: schema.int8(),
    tags: schema.array(schema.string()),
    counts: schema.map(schema.string(), schema.int32()),
    raw: schema.bytes(),
  },
  { name: 'shop.Order' },
)

test('the schema and the bytes of an order are those of Confluent', async () => {
  const converter = create()
  const value = new Struct(order, {
    id: -1n,
    name: 'Ada',
    total: new Decimal(1999n, 2),
    at: new Date(1_000),
    day: new Date(86_400_000),
    time: new Date(1),
    tiny: -2,
    tags: ['a', 'b'],
    counts: new Map([['x', 1]]),
    raw: Buffer.from([1, 2]),
  })
  const bytes = await converter.from('orders', order, value)
  expect(registered('orders-value')).toBe(
    '{"type":"record","name":"Order","namespace":"shop","fields":[' +
      '{"name":"id","type":"long"},' +
      '{"name":"name","type":["null","string"],"default":null},' +
      '{"name":"total","type":{"type":"bytes","scale":2,"precision":64,"connect.version":1,"connect.parameters":{"scale":"2"},"connect.name":"org.apache.kafka.connect.data.Decimal","logicalType":"decimal"}},' +
      '{"name":"at","type":["null",{"type":"long","connect.version":1,"connect.name":"org.apache.kafka.connect.data.Timestamp","logicalType":"timestamp-millis"}],"default":null},' +
      '{"name":"day","type":{"type":"int","connect.version":1,"connect.name":"org.apache.kafka.connect.data.Date","logicalType":"date"}},' +
      '{"name":"time","type":{"type":"int","connect.version":1,"connect.name":"org.apache.kafka.connect.data.Time","logicalType":"time-millis"}},' +
      '{"name":"tiny","type":{"type":"int","connect.type":"int8"}},' +
      '{"name":"tags","type":{"type":"array","items":"string"}},' +
      '{"name":"counts","type":{"type":"map","values":"int"}},' +
      '{"name":"raw","type":"bytes"}],"connect.name":"shop.Order"}',
  )
  // By hand, from the Avro specification.
  const id = registry.versions('orders-value')[0]?.id ?? 0
  expect(bytes?.toString('hex')).toBe(
    [
      `00${id.toString(16).padStart(8, '0')}`,
      '01', // -1
      '0206416461', // second branch, three bytes, Ada
      '0407cf', // two bytes, 1999
      '02d00f', // second branch, 1000
      '02', // day 1
      '02', // 1 ms
      '03', // -2
      '040261026200', // two texts, end
      '0202780200', // one entry, x, 1, end
      '040102', // two bytes
    ].join(''),
  )
})

test('a record without a name, and the records in it, are named as Confluent names them', async () => {
  const inner = schema.struct({ a: schema.int32() }, { optional: true })
  const outer = schema.struct({ one: inner })
  await create().from('unnamed', outer, new Struct(outer, { one: new Struct(inner, { a: 1 }) }))
  expect(registered('unnamed-value')).toBe(
    '{"type":"record","name":"ConnectDefault","namespace":"io.confluent.connect.avro","fields":[{"name":"one","type":["null",' +
      '{"type":"record","name":"ConnectDefault2","fields":[{"name":"a","type":"int"}]}],"default":null}]}',
  )
})

test('a record used twice is defined once', async () => {
  const row = schema.struct({ id: schema.int32() }, { name: 'db.Value', optional: true })
  const envelope = schema.struct({ before: row, after: row }, { name: 'db.Envelope' })
  const converter = create()
  const value = new Struct(envelope, { before: null, after: new Struct(row, { id: 5 }) })
  const bytes = await converter.from('twice', envelope, value)
  expect(registered('twice-value')).toContain('{"name":"after","type":["null","Value"],"default":null}')
  expect(sameValue((await converter.to('twice', bytes)).value, withVersioned(value, 1))).toBe(true)
})

const withVersioned = (value: Struct, version: number) =>
  Struct.of(
    { ...value.schema, version } as never,
    value.schema.fields.map((_field, at) => value.storedAt(at)),
  )

test('enums and unions of other producers become what Confluent makes of them, and go back', async () => {
  const text = JSON.stringify({
    type: 'record',
    name: 'E',
    namespace: 'n',
    doc: 'All kinds.',
    fields: [
      { name: 'colour', type: { type: 'enum', name: 'Colour', symbols: ['RED', 'BLUE'] }, doc: 'Which.' },
      { name: 'either', type: ['null', 'int', 'string'] },
      { name: 'hash', type: { type: 'fixed', name: 'Hash', size: 2 } },
    ],
  })
  const { id } = registry.put('enums-value', { schema: text })
  const converter = create({ 'enhanced.avro.schema.support': 'true' })
  const bytes = Buffer.from(`00${id.toString(16).padStart(8, '0')}02040278abcd`, 'hex')
  const read = await converter.to('enums', bytes)
  const struct = read.value as Struct
  expect(struct.get('colour')).toBe('BLUE')
  expect((struct.get('either') as Struct).get('string')).toBe('x')
  expect(struct.get('hash')).toEqual(Buffer.from('abcd', 'hex'))
  expect(Object.fromEntries(struct.schema.fields[0]?.schema.parameters ?? [])).toEqual({
    'io.confluent.connect.avro.Enum': 'n.Colour',
    'io.confluent.connect.avro.Enum.RED': 'RED',
    'io.confluent.connect.avro.Enum.BLUE': 'BLUE',
  })
  const again = await converter.from('enums-copy', read.schema, read.value)
  expect(again?.subarray(5)).toEqual(bytes.subarray(5))
})

test.each([
  ['true', 'STRING'],
  ['false', 'STRUCT'],
])('with flatten.singleton.unions=%s a union of one type is a %s, and goes back as it came', async (flatten, type) => {
  const topic = newTopic()
  const { id } = registry.put(`${topic}-value`, {
    schema: '{"type":"record","name":"One","fields":[{"name":"a","type":["string"]}]}',
  })
  const config = { 'flatten.singleton.unions': flatten, 'auto.register.schemas': 'false', 'use.schema.id': `${id}` }
  const bytes = Buffer.concat([Buffer.from([0, 0, 0, 0, id]), Buffer.from([0, 2, 65])])
  const converter = create({ ...config, 'id.compatibility.strict': 'false' })
  const { schema: of, value } = await converter.to(topic, bytes)
  if (of?.type !== 'STRUCT' || !(value instanceof Struct)) throw new Error('it is a record')
  expect(of.fields.map((field) => [field.schema.type, field.schema.optional])).toEqual([[type, false]])
  if (flatten === 'true') expect(value.get('a')).toBe('A')
  expect(await converter.from(topic, of, value)).toEqual(bytes)
})

test('older and newer records of one topic are each read as they were written', async () => {
  const converter = create()
  const older = schema.struct({ id: schema.int32() }, { name: 'shop.Event' })
  const newer = schema.struct(
    { id: schema.int32(), note: schema.string({ optional: true, default: 'none' }) },
    { name: 'shop.Event' },
  )
  const first = await converter.from('evolving', older, new Struct(older, { id: 1 }))
  const second = await converter.from('evolving', newer, new Struct(newer, { id: 2, note: 'x' }))
  const reader = create()
  const names = async (bytes: Buffer | null) => {
    const read = await reader.to('evolving', bytes)
    return [read.schema?.version, ...(read.schema?.type === 'STRUCT' ? read.schema.fields.map(({ name }) => name) : [])]
  }
  expect(await names(first)).toEqual([1, 'id'])
  expect(await names(second)).toEqual([2, 'id', 'note'])
})

test('with use.latest.version records are written under the latest schema, and one that cannot be is refused', async () => {
  registry.put('latest-value', {
    schema:
      '{"type":"record","name":"Event","namespace":"shop","fields":[{"name":"note","type":"string","default":"none"},{"name":"id","type":"int"}]}',
  })
  const converter = create({ 'auto.register.schemas': 'false', 'use.latest.version': 'true' })
  const of = schema.struct({ id: schema.int32() }, { name: 'shop.Event' })
  const bytes = await converter.from('latest', of, new Struct(of, { id: 3 }))
  expect(bytes?.subarray(5).toString('hex')).toBe('086e6f6e6506')
  const other = schema.struct({ name: schema.string() }, { name: 'shop.Event' })
  await expect(converter.from('latest', other, new Struct(other, { name: 'x' }))).rejects.toThrow(DataError)
})

test('schemas that refer to others are read', async () => {
  registry.put('address', {
    schema: '{"type":"record","name":"Address","namespace":"shop","fields":[{"name":"city","type":"string"}]}',
  })
  const { id } = registry.put('customers-value', {
    schema: '{"type":"record","name":"Customer","namespace":"shop","fields":[{"name":"home","type":"Address"}]}',
    references: [{ name: 'shop.Address', subject: 'address', version: 1 }],
  })
  const bytes = Buffer.from(`00${id.toString(16).padStart(8, '0')}0a5061726973`, 'hex')
  const read = await create().to('customers', bytes)
  expect(((read.value as Struct).get('home') as Struct).get('city')).toBe('Paris')
})

test.each([
  ['a name that Avro does not allow', schema.struct({ 'a-b': schema.int32() }, { name: 'X' })],
  [
    'one name for two records',
    schema.struct({
      a: schema.struct({ x: schema.int32() }, { name: 'S' }),
      b: schema.struct({ y: schema.int32() }, { name: 'S' }),
    }),
  ],
])('%s is refused', async (_what, of) => {
  await expect(create().from(newTopic(), of, Struct.of(of, [1, 2]))).rejects.toThrow(DataError)
})

test('names that Avro does not allow are scrubbed where that is asked for', async () => {
  const of = schema.struct({ 'a-b': schema.int32() }, { name: 'shop-x' })
  const bytes = await create({ 'scrub.invalid.names': 'true' }).from('scrubbed', of, new Struct(of, { 'a-b': 1 }))
  expect(bytes?.subarray(5)).toEqual(Buffer.from([2]))
  expect(registered('scrubbed-value')).toContain('"name":"a_b"')
})

test('a value without a schema comes back without one, in the record that Confluent makes of it', async () => {
  const topic = newTopic()
  const converter = create()
  const bytes = await converter.from(topic, null, new Map<Value, Value>([['a', [1n, null, true]]]))
  // One field of nine is filled in each record; a null fills none.
  expect(bytes?.subarray(5).toString('hex')).toBe(
    ['0000000000000000', '02', '02', '000000000000', '02', '0261', '0000', '00000000000000', '02', '06']
      .concat([
        '0000000000',
        '02',
        '02',
        '000000',
        '000000000000000000',
        '02',
        '01',
        '0000000000000000',
        '00',
        '00',
        '00',
      ])
      .join(''),
  )
  const text = JSON.parse(registered(`${topic}-value`))
  expect([text.name, text.namespace, text.fields.length]).toEqual(['Anything', 'io.confluent.connect.avro', 9])
  // Avro's own reading of the schema agrees.
  const type = avsc.Type.forSchema(text, { wrapUnions: true })
  expect(type.fromBuffer(bytes?.subarray(5) ?? Buffer.alloc(0))).toMatchObject({ boolean: null, map: { array: [{}] } })
  await converter.to(topic, bytes)
  const made = await converter.converter
  fc.assert(
    fc.property(plainValue, (value) => {
      const back = made.toConnectData(topic, made.fromConnectData(topic, null, value))
      expect(back.schema).toBeNull()
      expect(sameValue(back.value, value)).toBe(true)
    }),
    { numRuns: 300 },
  )
})

test('what only a schema can tell about is refused without one, a null is a tombstone', async () => {
  await expect(create().from('t', null, new Date(0))).rejects.toThrow(DataError)
  await expect(create().from('t', null, 2n ** 63n)).rejects.toThrow(DataError)
  expect(await create().from('t', null, null)).toBeNull()
  expect(await create().to('t', null)).toEqual({ schema: null, value: null })
})

test('bytes that are no record end in a DataException and in nothing else', patient, async () => {
  const converter = create()
  const list = schema.struct(
    { all: schema.array(schema.struct({ x: schema.map(schema.string(), schema.int64()) })) },
    { name: 'L' },
  )
  const known = await converter.from('malformed', list, new Struct(list, { all: [] }))
  await converter.from('orders', order, null).catch(() => undefined)
  await converter.to('malformed', known)
  const header = known?.subarray(0, 5) ?? Buffer.alloc(0)
  const made = await converter.converter
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.uint8Array({ maxLength: 40 }).map((body) => Buffer.concat([header, body])),
      ),
      (bytes) => {
        try {
          made.toConnectData('malformed', bytes)
        } catch (error) {
          if (!(error instanceof DataError)) expect(error).toMatchObject({ name: 'ConversionPending' })
        }
      },
    ),
    { numRuns: 2000 },
  )
  // Two to the 40 elements, in six bytes.
  const hostile = Buffer.concat([header, Buffer.from('808080808040', 'hex')])
  expect(() => made.toConnectData('malformed', hostile)).toThrow(DataError)
})

test('a schema that contains itself is refused', async () => {
  const { id } = registry.put('list-value', {
    schema: '{"type":"record","name":"Node","fields":[{"name":"next","type":["null","Node"]}]}',
  })
  const bytes = Buffer.from(`00${id.toString(16).padStart(8, '0')}00`, 'hex')
  await expect(create().to('list', bytes)).rejects.toThrow('Failed to deserialize data for topic list to Avro')
})
