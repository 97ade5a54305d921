import { expect, test } from 'vitest'
import { SerializationError } from '#server/sdk/data-error.ts'
import { readBase64 } from '#server/sdk/json-base64.ts'
import { decodeJson } from '#server/sdk/json-encoding.ts'

const utf16le = (text: string) => Buffer.from(text, 'utf16le')
const utf16be = (text: string) => utf16le(text).swap16()
const utf32be = (text: string) =>
  Buffer.concat(
    [...text].map((character) => {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(character.codePointAt(0) ?? 0)
      return bytes
    }),
  )

test('the encoding is told by a mark or by where the zeros lie', () => {
  const text = '{"ä":"😀"}'
  for (const bytes of [
    Buffer.from(text),
    Buffer.from(`\ufeff${text}`),
    utf16le(text),
    utf16be(text),
    utf16le(`\ufeff${text}`),
    utf16be(`\ufeff${text}`),
    utf32be(text),
    utf32be(`\ufeff${text}`),
    utf32be(text).swap32(),
  ]) {
    expect(decodeJson(bytes)).toBe(text)
  }
  expect(decodeJson(Buffer.alloc(0))).toBe('')
})

test('bytes that are no text are refused', () => {
  expect(() => decodeJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow(SerializationError)
  expect(() => decodeJson(Buffer.from([0, 0x11, 0, 0]))).not.toThrow()
})

test('base64 is read with its padding, and with space between the groups of four only', () => {
  expect(readBase64('AQL+')).toEqual(Buffer.from([1, 2, 254]))
  expect(readBase64(' AQL+\nAQ== ')).toEqual(Buffer.from([1, 2, 254, 1]))
  expect(readBase64('AQ==AQ==')).toEqual(Buffer.from([1, 1]))
  expect(readBase64('')).toEqual(Buffer.alloc(0))
  for (const text of ['AQI', 'AQ=', 'A', 'A QI=', '@@@@', '-_-_', 'AQ==A']) expect(readBase64(text)).toBeUndefined()
})
