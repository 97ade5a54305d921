import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SerializationError } from '#server/sdk/data-error.ts'
import { JsonDecimal, type JsonNode } from '#server/sdk/json-node.ts'
import { quoteJson } from '#server/sdk/json-quote.ts'
import { JsonReader } from '#server/sdk/json-reader.ts'

const read = (text: string) => new JsonReader(text).document()

/** What `JSON.parse` makes of the same text. */
function ordinary(node: JsonNode | undefined): unknown {
  if (node instanceof JsonDecimal) return node.toNumber()
  if (typeof node === 'bigint') return Number(node)
  if (node instanceof Map) return Object.fromEntries([...node].map(([name, item]) => [name, ordinary(item)]))
  return Array.isArray(node) ? node.map(ordinary) : node
}

test('JSON is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
      const expected = JSON.parse(text)
      expect(ordinary(read(JSON.stringify(expected, null, indent)))).toEqual(JSON.parse(JSON.stringify(expected)))
    }),
    { numRuns: 1000 },
  )
})

test('a string is read back from what it is written as', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.array(fc.integer({ min: 0, max: 0xffff })), (text, units) => {
      for (const any of [text, String.fromCharCode(...units)]) expect(read(quoteJson(any))).toBe(any)
    }),
  )
})

test('integers keep every digit, and other numbers their text', () => {
  fc.assert(
    fc.property(fc.bigInt(), (n) => {
      expect(BigInt(read(`${n}`) as bigint)).toBe(n)
    }),
  )
  expect(read('1.10')).toEqual(new JsonDecimal('1.10'))
  expect(read('-0')).toBe(0)
  expect(read('-007')).toBe(-7)
})

test('of two equal keys the later wins in the place of the first', () => {
  expect([...(read('{"a":1,"__proto__":2,"a":3}') as Map<string, JsonNode>)]).toEqual([
    ['a', 3],
    ['__proto__', 2],
  ])
})

test('nothing but space is nothing, and what follows the first value is not looked at', () => {
  expect(read(' \r\n\t')).toBeUndefined()
  expect(read('{} x')).toEqual(new Map())
  expect(read('1 x')).toBe(1)
})

test.each([
  '1,2',
  '5.',
  '.5',
  '+5',
  '0x1F',
  '1e',
  'tru',
  'truex',
  'NaN',
  '[1,]',
  '{"a"}',
  '{a:1}',
  "'a'",
  '"\t"',
  '"\\x"',
  '"\\u12g4"',
  '"open',
  '[',
  '{"a":1,}',
  '// c',
  '\ufeff1',
])('no JSON: %s', (text) => {
  expect(() => read(text)).toThrow(SerializationError)
})

test('a thousand open brackets are read, one more is not', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  expect(read(nested(1000))).toBeInstanceOf(Array)
  expect(() => read(nested(1001))).toThrow('nesting depth (1001) exceeds')
})

test('a thousand digits are read, one more is not', () => {
  expect(read('1'.repeat(1000))).toBe(BigInt('1'.repeat(1000)))
  expect(() => read('1'.repeat(1001))).toThrow('exceeds the maximum allowed (1000)')
})
