import fc from 'fast-check'
import { expect, test } from 'vitest'
import { indentJson, membersOf } from '#components/records/json-text.ts'

test('indents as JSON.stringify does, whatever the white space was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 1, 7, '\t'), (value, space) => {
      const text = JSON.stringify(value, null, space)
      expect(indentJson(text)).toBe(JSON.stringify(JSON.parse(text), null, 2))
    }),
  )
})

test('finds the members of any object as texts of their own', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(undefined, 2), (value, space) => {
      const members = membersOf(JSON.stringify(value, null, space))
      const parsed = Object.fromEntries([...(members ?? [])].map(([name, text]) => [name, JSON.parse(text)]))
      expect(parsed).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test.each(['', '{', '{"a":}', '[1', 'nope'])('%j is not JSON, and is left alone', (text) => {
  expect(indentJson(text)).toBeUndefined()
  expect(membersOf(text)).toBeUndefined()
})
