import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConnectError } from '#server/contract/errors.ts'
import { kafkaLimits, parseJson, safeLimits, toJson } from '#server/rest/json-text.ts'

const poison = ['__proto__', 'constructor', 'prototype']
const withoutPoison = fc
  .jsonValue()
  .filter((value) => !poison.some((key) => JSON.stringify(value).includes(`"${key}":`)))

test('reads what JSON can say, and writes it back the same', () => {
  fc.assert(
    fc.property(withoutPoison, (value) => {
      const text = JSON.stringify(value)
      expect(toJson(parseJson(text, 'exact', kafkaLimits))).toBe(text)
    }),
  )
})

test('keeps every digit of a whole number', () => {
  fc.assert(
    fc.property(fc.bigInt(), (value) => {
      const text = `{"n":${value}}`
      expect(toJson(parseJson(text, 'exact', kafkaLimits))).toBe(text)
      expect(parseJson(text, 'text', kafkaLimits)).toEqual({ n: String(value) })
    }),
  )
})

test('S-22: no body reaches a prototype, wherever its poison stands', () => {
  const before = Object.getOwnPropertyNames(Object.prototype)
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...poison), fc.jsonValue(), (around, key, value) => {
      const text = `{"a":[${JSON.stringify(around)}],"b":{"c":{${JSON.stringify(key)}:${JSON.stringify(value)}}}}`
      expect(() => parseJson(text, 'text', kafkaLimits)).toThrow(ConnectError)
    }),
  )
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
  expect(Object.getPrototypeOf(parseJson('{"a":{}}', 'text', kafkaLimits))).toBeNull()
})

test('S-13: counts keys, lengths and depth to the last one', () => {
  const limits = { depth: 3, keys: 2, valueLength: 4, nameLength: 4 }
  const status = (text: string) => {
    try {
      parseJson(text, 'text', limits)
      return 200
    } catch (error) {
      return error instanceof ConnectError ? error.status : 0
    }
  }
  expect([status('[[[]]]'), status('[[[[]]]]'), status('["[[[[[[\\"[["]')]).toEqual([200, 400, 400])
  expect([status('{"a":1,"b":2}'), status('{"a":1,"b":2,"c":3}')]).toEqual([200, 400])
  expect([status('{"a":"1234"}'), status('{"a":"12345"}')]).toEqual([200, 400])
  expect(status('{"a":')).toBe(500)
})

test('a body nested a million deep costs no stack', () => {
  const bomb = '['.repeat(1_000_000)
  expect(() => parseJson(bomb, 'text', safeLimits)).toThrow('nested deeper than 32 levels')
})
