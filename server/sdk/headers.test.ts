import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DataError } from '#server/sdk/data-error.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { ConnectHeaders, headerOf } from '#server/sdk/headers.ts'
import { logicalNames } from '#server/sdk/logical.ts'
import { schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import type { Header } from '#server/sdk/value.ts'

const point = schema.struct({ x: schema.int32() })

test('adds values of every type under the schema that Kafka Connect gives them', () => {
  const headers = new ConnectHeaders()
    .addString('string', 'a')
    .addString('no string', null)
    .addBytes('bytes', new Uint8Array([1]))
    .addBoolean('boolean', true)
    .addByte('byte', -128)
    .addShort('short', 32_767)
    .addInt('int', 1)
    .addLong('long', 2n ** 62n)
    .addFloat('float', 0.5)
    .addDouble('double', 0.1)
    .addList('list', ['a'], schema.array(schema.string()))
    .addMap('map', new Map([['a', 1]]), schema.map(schema.string(), schema.int32()))
    .addStruct('struct', new Struct(point, { x: 1 }))
    .addDecimal('decimal', new Decimal(1234n, 2))
    .addDate('date', new Date(86_400_000))
    .addTime('time', new Date(1))
    .addTimestamp('timestamp', new Date(5))
    .addStruct('no struct', null)
  expect([...headers].map(({ schema: of }) => of && `${of.name ?? ''}:${of.type}:${of.optional}`)).toEqual([
    ':STRING:false',
    ':STRING:true',
    ':BYTES:false',
    ':BOOLEAN:false',
    ':INT8:false',
    ':INT16:false',
    ':INT32:false',
    ':INT64:false',
    ':FLOAT32:false',
    ':FLOAT64:false',
    ':ARRAY:false',
    ':MAP:false',
    ':STRUCT:false',
    `${logicalNames.decimal}:BYTES:false`,
    `${logicalNames.date}:INT32:false`,
    `${logicalNames.time}:INT32:false`,
    `${logicalNames.timestamp}:INT64:false`,
    null,
  ])
  expect(headers.lastWithName('decimal')?.schema?.parameters?.get('scale')).toBe('2')
})

test.each<[string, (headers: ConnectHeaders) => unknown]>([
  ['The value 128 is not compatible with the schema Schema{INT8}', (headers) => headers.addByte('a', 128)],
  ['The value 1.5 is not compatible with the schema Schema{INT32}', (headers) => headers.addInt('a', 1.5)],
  ['The value 9223372036854775808 is not', (headers) => headers.addLong('a', 2n ** 63n)],
  ['The value x is not compatible with the schema Schema{BYTES}', (headers) => headers.add('a', 'x', schema.bytes())],
  ['A null value requires an optional schema but was Schema{STRING}', (h) => h.add('a', null, schema.string())],
  ['Expecting ARRAY but instead found MAP', (h) => h.addList('a', [], schema.map(schema.string(), schema.string()))],
  ['should not have any time fields', (headers) => headers.addDate('a', new Date(1))],
  ['should not have any date fields', (headers) => headers.addTime('a', new Date(86_400_001))],
])('refuses what the type does not hold: %s', (message, add) => {
  const headers = new ConnectHeaders()
  expect(() => add(headers)).toThrow(DataError)
  expect(() => add(headers)).toThrow(message)
  expect(headers.isEmpty).toBe(true)
})

const listed = fc.array(
  fc
    .record({ name: fc.constantFrom('a', 'b', 'c'), value: fc.nat(3) })
    .map(({ name, value }) => headerOf(name, null, value)),
)
const names = fc.constantFrom('a', 'b', 'd')

test('finds, removes and keeps headers by name, in their order, and leaves what it was made of', () => {
  fc.assert(
    fc.property(listed, names, (given, name) => {
      const before = structuredClone(given)
      const others = given.filter((header) => header.name !== name)
      const own = given.filter((header) => header.name === name)
      const headers = new ConnectHeaders(given)
      expect(headers.toArray()).toEqual(given)
      expect(headers.allWithName(name)).toEqual(own)
      expect(headers.lastWithName(name)).toEqual(own.at(-1))
      expect(headers.duplicate().remove(name).toArray()).toEqual(others)
      const latest = headers.duplicate().retainLatest(name)
      expect(latest.toArray()).toEqual(given.filter((header) => header.name !== name || header === own.at(-1)))
      const latestOfAll = headers.duplicate().retainLatest().toArray()
      expect(latestOfAll).toEqual(
        given.filter((header) => header === given.findLast((one) => one.name === header.name)),
      )
      expect(headers.size).toBe(given.length)
      expect(headers.clear().isEmpty).toBe(true)
      expect(given).toEqual(before)
    }),
  )
})

test('puts in place of headers what a function makes of them, and takes away those it makes nothing of', () => {
  const headers = new ConnectHeaders().addInt('a', 1).addInt('b', 2).addInt('a', 3)
  const shorter = (header: Header) => (header.value === 3 ? null : { ...header, name: `${header.name}${header.value}` })
  const namesOf = (of: ConnectHeaders) => [...of].map(({ name, value }) => [name, value])
  expect(namesOf(headers.duplicate().apply('a', shorter))).toEqual([
    ['a1', 1],
    ['b', 2],
  ])
  expect(namesOf(headers.duplicate().apply(shorter))).toEqual([
    ['a1', 1],
    ['b2', 2],
  ])
  expect(headers.size).toBe(3)
})
