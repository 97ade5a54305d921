import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonConverter } from '#server/converters/json-converter.ts'
import { plainValue, schemaAndValue } from '#server/converters/testdata/arbitrary-value.ts'
import { sameValue } from '#server/converters/testdata/same-value.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { plain, sameSchema, schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'

function create(config: Record<string, string> = {}) {
  const made = jsonConverter.converter?.(config, false)
  if (!made) throw new Error('no converter')
  return made
}

test.each([{}, { 'decimal.format': 'numeric' }, { 'schemas.cache.size': '0' }])(
  'every value of every schema comes back as it was, its schema too (%o)',
  (config) => {
    const converter = create(config)
    fc.assert(
      fc.property(schemaAndValue, ({ schema: of, value }) => {
        const bytes = converter.fromConnectData('t', of, value)
        const back = converter.toConnectData('t', bytes)
        expect(sameSchema(back.schema, of)).toBe(true)
        expect(sameValue(back.value, value)).toBe(true)
        // The second time the caches answer.
        expect(sameValue(converter.toConnectData('t', bytes).value, value)).toBe(true)
      }),
      { numRuns: 500 },
    )
  },
)

test('without schemas every value that JSON knows comes back as it was', () => {
  const converter = create({ 'schemas.enable': 'false' })
  fc.assert(
    fc.property(plainValue, (value) => {
      const bytes = converter.fromConnectData('t', null, value)
      const back = converter.toConnectData('t', bytes)
      expect(back.schema).toBeNull()
      expect(sameValue(back.value, value)).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('records of one schema share one schema object, whatever lies between them', () => {
  const converter = create()
  const orders = schema.struct({ id: schema.int64() }, { name: 'shop.Order' })
  const order = converter.fromConnectData('t', orders, new Struct(orders, { id: 2n ** 60n }))
  const other = converter.fromConnectData('t', plain.string, 'x')
  const first = converter.toConnectData('t', order).schema
  converter.toConnectData('t', other)
  expect(converter.toConnectData('t', order).schema).toBe(first)
})

test('only as many schemas are kept as the setting allows', () => {
  const converter = create({ 'schemas.cache.size': '1' })
  const text = converter.fromConnectData('t', plain.string, 'x')
  const number = converter.fromConnectData('t', schema.int8(), 5)
  const first = converter.toConnectData('t', text).schema
  expect(converter.toConnectData('t', text).schema).toBe(first)
  converter.toConnectData('t', number)
  expect(converter.toConnectData('t', text).schema).not.toBe(first)
})

test('bytes that are no record end in a DataException and in nothing else', () => {
  const converters = [create(), create({ 'schemas.enable': 'false' }), create({ 'schema.content': '{"type":"int32"}' })]
  const intact = fc
    .tuple(schemaAndValue, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat())
    .map(([{ schema: of, value }, changes, cut]) => {
      const bytes = Buffer.from(converters[0]?.fromConnectData('t', of, value) ?? [])
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte
      return bytes.subarray(0, bytes.length - (cut % 3))
    })
  const tokens = fc
    .array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        '\\',
        'null',
        'true',
        '1',
        '-',
        '.',
        'e',
        ' ',
        '"schema"',
        '"payload"',
        '"type"',
        '"int32"',
      ),
    )
    .map((list) => Buffer.from(list.join('')))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), intact, tokens), (bytes) => {
      for (const converter of converters) {
        try {
          converter.toConnectData('t', bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(DataError)
        }
      }
    }),
    { numRuns: 2000 },
  )
})

test.each(['['.repeat(1_000_000), '{"a":'.repeat(1_000_000), `{"schema":${'['.repeat(5000)}`])(
  'a document nested too deep is refused at once',
  (text) => {
    for (const converter of [create(), create({ 'schemas.enable': 'false' })]) {
      expect(() => converter.toConnectData('t', Buffer.from(text))).toThrow(DataError)
    }
  },
)

test.each(['1e999999999', '-1E+999999999', '1e-999999999', `1e${'9'.repeat(900)}`])(
  'the number %s costs no time, whatever type it is read as',
  (number) => {
    const converter = create()
    for (const type of ['int8', 'int64', 'float', 'double', 'string']) {
      converter.toConnectData(
        't',
        Buffer.from(
          `{"schema":{"type":"${type}"},"payload":${number}}`.replace('"string"', '"string","optional":true'),
        ),
      )
    }
  },
)

test('a date too far for us is an error, not another date', () => {
  const far =
    '{"schema":{"type":"int64","name":"org.apache.kafka.connect.data.Timestamp","version":1},"payload":8640000000000001}'
  expect(() => create().toConnectData('t', Buffer.from(far))).toThrow(DataError)
  const farDay =
    '{"schema":{"type":"int32","name":"org.apache.kafka.connect.data.Date","version":1},"payload":100000001}'
  expect(() => create().toConnectData('t', Buffer.from(farDay))).toThrow('Date 100000001 is too far from the epoch')
})

test('a number that its schema cannot hold is refused', () => {
  const converter = create()
  for (const [of, value] of [
    [schema.int8(), 128],
    [schema.int32(), 1.5],
    [schema.int32(), 2 ** 31],
    [schema.int64(), 2n ** 63n],
    [schema.float32(), 1e300],
  ] as const) {
    expect(() => converter.fromConnectData('t', of, value)).toThrow(`Invalid type for ${of.type}`)
  }
})
