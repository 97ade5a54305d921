import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseExact, readObject, writeExact } from '#server/core/exact-json.ts'

test('an integer of any size is read and written digit by digit', () => {
  fc.assert(
    fc.property(fc.bigInt(), (n) => {
      expect(writeExact(parseExact(`{"n":${n}}`))).toBe(`{"n":${n}}`)
    }),
  )
})

test('what was written is read back as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      // JSON writes no sign of a zero, and neither an integer's fraction.
      expect(parseExact(writeExact(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('control characters and characters beyond U+FFFF are escaped as Kafka Connect escapes them', () => {
  expect(writeExact({ 'a"\u001f': 'ä中😀\n\u2028' })).toBe('{"a\\"\\u001F":"ä中\\uD83D\\uDE00\\n\u2028"}')
})

test('members that are undefined are left out, nulls are not', () => {
  expect(writeExact({ a: undefined, b: null, c: [true] })).toBe('{"b":null,"c":[true]}')
})

test('only a JSON object is read as one', () => {
  expect(readObject('{"a":1}')).toEqual({ a: 1 })
  for (const text of ['[1]', '1', 'null', '{', '', null]) expect(readObject(text)).toBeUndefined()
})
