import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteSink } from '#server/converters/registry/byte-sink.ts'
import { ByteSource } from '#server/converters/registry/byte-source.ts'
import { SerializationError } from '#server/sdk/data-error.ts'

const int32 = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 2 ** 31 - 1, -(2 ** 31)))
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 54n), max: 2n ** 54n }),
  fc.constantFrom(0n, -1n, 2n ** 51n, -(2n ** 51n), 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)),
)

test('numbers come back as they were, in the fewest bytes', () => {
  fc.assert(
    fc.property(int32, int64, fc.nat(2 ** 31 - 1), fc.double(), (small, large, count, double) => {
      const sink = new ByteSink()
      sink.zigzag(small)
      sink.zigzag64(large)
      sink.varint64(large)
      sink.varint(count)
      sink.double(double)
      const source = new ByteSource(sink.take(), 0)
      expect(source.zigzag32()).toBe(small)
      expect(source.zigzag64()).toBe(large)
      expect(source.int64()).toBe(large)
      expect(source.varint()).toBe(count)
      expect(source.double()).toBe(double)
      expect(source.left).toBe(0)
    }),
  )
})

test.each([
  [0n, '00'],
  [-1n, '01'],
  [1n, '02'],
  [64n, '8001'],
  [2n ** 63n - 1n, 'feffffffffffffffff01'],
  [-(2n ** 63n), 'ffffffffffffffffff01'],
])('%s is %s as in the specification of Avro', (value, hex) => {
  const sink = new ByteSink()
  sink.zigzag64(value)
  expect(sink.take().toString('hex')).toBe(hex)
})

test('a length goes before what is written already, however long it is', () => {
  for (const size of [0, 1, 127, 128, 16_383, 16_384, 300_000]) {
    const sink = new ByteSink()
    sink.byte(7)
    sink.raw(Buffer.alloc(size, 1))
    sink.lengthBefore(1)
    const source = new ByteSource(sink.take(), 1)
    expect(source.varint()).toBe(size)
    expect(source.left).toBe(size)
  }
})

test('nothing is read beyond the end, and no number is longer than 64 bits', () => {
  const source = (hex: string) => new ByteSource(Buffer.from(hex, 'hex'), 0)
  expect(() => source('80').varint()).toThrow(SerializationError)
  expect(() => source('ff'.repeat(11)).int64()).toThrow(SerializationError)
  expect(() => source('ffffffffffffffffff01').varint()).toThrow(SerializationError)
  expect(() => source('00').raw(-1)).toThrow(SerializationError)
  expect(() => source('00').utf8(Number.NaN)).toThrow(SerializationError)
  expect(() => source('000000').float()).toThrow(SerializationError)
})
