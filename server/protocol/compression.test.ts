import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Compression,
  compress,
  compressionAttribute,
  compressionLevels,
  decompress,
} from '#server/protocol/compression.ts'
import { MalformedError } from '#server/protocol/malformed-error.ts'

const codecs = (Object.keys(compressionAttribute) as Compression[]).filter((name) => name !== 'none')

/** Repetitions near and far, runs, noise: what matters to a matcher. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc
        .tuple(fc.uint8Array({ minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 20_000 }))
        .map(([unit, times]) => Buffer.alloc(unit.length * times, unit)),
    ),
    { maxLength: 8 },
  )
  .map((parts) => Buffer.concat(parts))

test.each(codecs)('%s unpacks what it packed', (codec) => {
  fc.assert(
    fc.property(content, (plain) => {
      expect(decompress(codec, compress(codec, plain)).equals(plain)).toBe(true)
    }),
    { numRuns: 60 },
  )
})

/** Text that repeats itself at all distances. */
const prose = Buffer.from(
  Array.from({ length: 9000 }, (_, i) => `${(i * 7919) % 613} words and ${(i * i) % 101} more; `).join(''),
)
const levels = [
  ['gzip', 1, 9],
  ['lz4', 1, 8],
  ['lz4', 9, 17],
  ['zstd', -1000, 19],
] as const

test.each(levels)('%s of level %i packs less than of level %i, and each unpacks', (codec, low, high) => {
  const [larger, smaller] = [compress(codec, prose, low), compress(codec, prose, high)]
  expect(smaller.length).toBeLessThan(larger.length)
  expect(decompress(codec, larger).equals(prose)).toBe(true)
  expect(decompress(codec, smaller).equals(prose)).toBe(true)
})

test('lz4 of any level unpacks what it packed', () => {
  fc.assert(
    fc.property(content, fc.integer({ min: 1, max: 17 }), (plain, level) => {
      expect(decompress('lz4', compress('lz4', plain, level)).equals(plain)).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test.each(Object.entries(compressionLevels))('%s without a level has its default', (codec, { default: level }) => {
  expect(compress(codec as Compression, prose).equals(compress(codec as Compression, prose, level))).toBe(true)
})

test.each(codecs)('%s makes text smaller', (codec) => {
  const plain = Buffer.from('one line like the next\n'.repeat(4000))
  expect(compress(codec, plain).length).toBeLessThan(plain.length / 8)
})

test.each(codecs)('%s that is broken ends in MalformedError', (codec) => {
  const packed = compress(codec, Buffer.from('some text that repeats, repeats, repeats; '.repeat(30)))
  fc.assert(
    fc.property(fc.nat(packed.length - 1), fc.nat(255), fc.nat(packed.length), (at, byte, length) => {
      const broken = Buffer.from(packed).subarray(0, length)
      broken[at % Math.max(length, 1)] = byte
      try {
        decompress(codec, broken, 100_000)
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError)
      }
    }),
    { numRuns: 1000 },
  )
})

test.each(codecs)('%s never unpacks to more than the limit', (codec) => {
  const bomb = compress(codec, Buffer.alloc(1_000_000))
  expect(() => decompress(codec, bomb, 999_999)).toThrow(MalformedError)
  expect(decompress(codec, bomb, 1_000_000)).toHaveLength(1_000_000)
})

test('reads bare snappy and every form of its copies', () => {
  // "abcd", then copies with a one-, two- and four-byte distance, then a long literal.
  const literal = Buffer.alloc(70, 'z')
  const block = Buffer.concat([
    Buffer.from([4 + 4 + 5 + 6 + 70]),
    Buffer.from([3 << 2, 0x61, 0x62, 0x63, 0x64]),
    Buffer.from([0 | 1, 4]),
    Buffer.from([(4 << 2) | 2, 4, 0]),
    Buffer.from([(5 << 2) | 3, 1, 0, 0, 0]),
    Buffer.from([60 << 2, 69]),
    literal,
  ])
  expect(decompress('snappy', block).toString()).toBe(`abcdabcdabcda${'a'.repeat(6)}${literal}`)
})
