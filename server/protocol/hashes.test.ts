import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crc32c, portableCrc32c } from '#server/protocol/crc32c.ts'
import { murmur2, partitionForKey } from '#server/protocol/murmur2.ts'
import { xxhash32 } from '#server/protocol/xxhash32.ts'

describe('CRC32C', () => {
  test('is the Castagnoli polynomial', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(portableCrc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  })

  test('is the same without the native package', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => portableCrc32c(bytes) === crc32c(bytes)))
  })
})

// The values of Kafka's own UtilsTest.
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of %s is what Kafka computes', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash)
})

test('a key has a partition of the topic', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 1000 }), (key, partitions) => {
      const partition = partitionForKey(key, partitions)
      expect(partition).toBeGreaterThanOrEqual(0)
      expect(partition).toBeLessThan(partitions)
    }),
  )
})

test('XXH32 of short inputs', () => {
  expect(xxhash32(Buffer.alloc(0))).toBe(0x02cc5d05)
  expect(xxhash32(Buffer.from('a'))).toBe(0x550d7456)
  expect(xxhash32(Buffer.from('abc'))).toBe(0x32d153ff)
})
