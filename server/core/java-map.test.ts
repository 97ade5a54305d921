import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type JavaBytes, JavaMapError, readJavaMap, writeJavaMap } from '#server/core/java-map.ts'

/** Written by Kafka Connect 4.3.1's own `FileOffsetBackingStore`. */
const recorded = (name: string) => readFileSync(new URL(`./testdata/jvm-offsets/${name}.dat`, import.meta.url))
const texts = (entries: readonly (readonly [JavaBytes, JavaBytes])[]) =>
  entries.map((entry) => entry.map((bytes) => bytes && Buffer.from(bytes).toString('utf8')))
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('a file of the JVM', () => {
  test('is read whole, whatever the order in which the JVM wrote it', () => {
    const entries = Array.from({ length: 40 }, (_, i) => [
      `["lines-${i % 3}",{"filename":"/data/ä-${i}.txt"}]`,
      `{"position":${i * 1000}}`,
    ])
    expect(texts(readJavaMap(recorded('forty'))).sort()).toEqual(entries.sort())
    expect(readJavaMap(recorded('empty'))).toEqual([])
  })

  test('may hold nulls where offsets were taken back', () => {
    expect(texts(readJavaMap(recorded('with-null')))).toContainEqual(['["lines-0",{"filename":"gone"}]', null])
  })

  test('is written back byte for byte', () => {
    for (const name of ['one', 'forty', 'with-null']) {
      const file = recorded(name)
      expect(hex(writeJavaMap(readJavaMap(file)))).toBe(hex(file))
    }
    expect(hex(writeJavaMap([]))).toBe(hex(recorded('empty')))
  })
})

const bytes = fc.option(fc.uint8Array({ maxLength: 300 }))
test('what is written is read back, whatever it is', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(bytes, bytes), { maxLength: 60 }), (entries) => {
      expect(readJavaMap(writeJavaMap(entries)).map((entry) => entry.map((one) => one && hex(one)))).toEqual(
        entries.map((entry) => entry.map((one) => one && hex(one))),
      )
    }),
  )
})

test('an array that stands twice is read twice', () => {
  const once = writeJavaMap([[Buffer.from('k'), Buffer.from('k')]])
  // The second array, TC_ARRAY to its byte, as a reference to the first, which has the fourth handle.
  const again = Buffer.concat([once.subarray(0, -12), Buffer.from('71007e000378', 'hex')])
  expect(texts(readJavaMap(again))).toEqual([['k', 'k']])
})

describe('a file that is none', () => {
  test('is refused at whatever byte it was cut off', () => {
    const file = recorded('with-null')
    for (let end = 0; end < file.length; end++) {
      expect(() => readJavaMap(file.subarray(0, end)), `cut at ${end}`).toThrow(JavaMapError)
    }
  })

  test.each([
    ['text', Buffer.from('{"position":1}'), 'no Java serialization stream'],
    [
      'another class',
      Buffer.from('aced000573720008582e4d7953706f74000000000000000002000078 70'.replaceAll(' ', ''), 'hex'),
      'X.MySpot',
    ],
  ])('is refused with what it is: %s', (_, file, message) => {
    expect(() => readJavaMap(file)).toThrow(message)
  })
})
