import fc from 'fast-check'
import { expect, test } from 'vitest'
import { schemaAndValue } from '#server/converters/testdata/arbitrary-value.ts'
import { sameValue } from '#server/converters/testdata/same-value.ts'
import { createValueReader } from '#server/sdk/connect-json-reader.ts'
import { createJsonWriter } from '#server/sdk/connect-json-writer.ts'
import { Decimal } from '#server/sdk/decimal.ts'
import { JsonReader } from '#server/sdk/json-reader.ts'
import { logical } from '#server/sdk/logical.ts'
import { type Schema, schema } from '#server/sdk/schema.ts'
import { Struct } from '#server/sdk/struct.ts'
import { usualJsonReader } from '#server/sdk/usual-json-reader.ts'
import type { Value } from '#server/sdk/value.ts'

const readNode = createValueReader(true)

interface Read {
  value: Value
  at: number
}

function usual(of: Schema, json: string): Read | undefined {
  const reader = new JsonReader(json)
  try {
    const value = usualJsonReader(of, readNode)(reader)
    reader.skipSpace()
    return value === undefined ? undefined : { value, at: reader.at }
  } catch {
    return undefined
  }
}

function general(of: Schema, json: string): Read | undefined {
  const reader = new JsonReader(json)
  try {
    const value = readNode(of, reader.value())
    reader.skipSpace()
    return { value, at: reader.at }
  } catch {
    return undefined
  }
}

/** Whether what is read in the usual way is what the general reader makes; true as well for what is left to that one. */
function agrees(of: Schema, json: string): boolean {
  const read = usual(of, json)
  if (!read) return true
  const wanted = general(of, json)
  return wanted !== undefined && sameValue(read.value, wanted.value) && read.at === wanted.at
}

const line = schema.struct({ sku: schema.string(), count: schema.int16() })
const order = schema.struct({
  id: schema.int64(),
  note: schema.string({ optional: true }),
  state: schema.string({ default: 'new' }),
  total: logical.decimal(2),
  at: logical.timestamp(),
  ratio: schema.float64(),
  near: schema.float32(),
  paid: schema.boolean(),
  image: schema.bytes({ optional: true }),
  lines: schema.array(line),
  tags: schema.map(schema.string(), schema.int8({ optional: true })),
})
const value = Struct.of(order, [
  1_700_000_000_000_001n,
  'a "quoted" text of more than fifty characters, with an escape in it',
  'new',
  new Decimal(-129n, 2),
  new Date(-1),
  -0.125,
  0.1,
  true,
  Buffer.from([1, 2, 3]),
  [Struct.of(line, ['é', -32_768])],
  new Map([
    ['x', -128],
    ['y', null],
  ]),
])
const written = (of: Schema, decimalsAsNumbers = false) =>
  createJsonWriter({ decimalsAsNumbers, replaceNullWithDefault: true }).of(of)

test('reads what the writer writes in one go', () => {
  for (const decimalsAsNumbers of [false, true]) {
    const json = written(order, decimalsAsNumbers)(value)
    const read = usual(order, json)
    expect(read?.at).toBe(json.length)
    expect(sameValue(read?.value ?? null, general(order, json)?.value ?? null)).toBe(true)
  }
})

test.each([
  ['spaces between all parts', (json: string) => json.replace(/([{[,:])(?=["\d{[tf-])/g, '$1 \n\t')],
  ['a field left out that may be null', (json: string) => json.replace(/"note":".*?[^\\]",/, '')],
  ['a field left out that has a default', (json: string) => json.replace('"state":"new",', '')],
])('reads JSON with %s in one go, too', (_, change) => {
  const json = change(written(order)(value))
  expect(json).not.toBe(written(order)(value))
  expect(usual(order, json)).toBeDefined()
  expect(agrees(order, json)).toBe(true)
})

test.each([
  '{"b":1,"a":1}',
  '{"a":1,"a":2}',
  '{"a":1,"c":2}',
  '{"a":1.0}',
  '{"a":1,}',
  '{"a":01}',
  '{"a":nullx}',
  '{"a":null}',
  '{"a":1',
  '{"a":1]',
  '{"a":4294967297}',
  '{"a":"1"}',
  '{"a":[1]}',
  '{}',
  '[]',
])('makes of %s nothing that the general reader does not', (json) => {
  for (const optional of [true, false]) {
    const of = schema.struct({ a: schema.int32({ optional }), b: schema.int32({ optional: true }) })
    expect(agrees(of, json)).toBe(true)
  }
})

test('makes of every value of every schema what the general reader makes', () => {
  fc.assert(
    fc.property(schemaAndValue, fc.boolean(), ({ schema: of, value: given }, decimalsAsNumbers) => {
      expect(of === null || agrees(of, written(of, decimalsAsNumbers)(given))).toBe(true)
    }),
    { numRuns: 1_000 },
  )
})

const piece = fc.constantFrom(
  '',
  ' ',
  ',',
  ':',
  '"',
  '{',
  '}',
  '[',
  ']',
  '\\',
  '0',
  '-',
  '.',
  'e',
  'null',
  'true',
  'n',
  '\u0001',
  '=',
)

test('makes of no broken JSON anything that the general reader does not', () => {
  const broken = fc.tuple(schemaAndValue, fc.nat(), fc.nat(3), piece)
  fc.assert(
    fc.property(broken, ([{ schema: of, value: given }, place, dropped, inserted]) => {
      if (of === null) return
      const json = written(of)(given)
      const at = place % (json.length + 1)
      expect(agrees(of, json.slice(0, at) + inserted + json.slice(at + dropped))).toBe(true)
    }),
    { numRuns: 1_000 },
  )
  const ours = written(order)(value)
  fc.assert(
    fc.property(fc.nat(ours.length), fc.nat(3), piece, (at, dropped, inserted) => {
      expect(agrees(order, ours.slice(0, at) + inserted + ours.slice(at + dropped))).toBe(true)
    }),
    { numRuns: 1_000 },
  )
})

test('bytes in base64 become the number that they stand for', () => {
  const of = logical.decimal(3)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 9 }), (bytes) => {
      expect(agrees(of, `"${Buffer.from(bytes).toString('base64')}"`)).toBe(true)
    }),
  )
  for (const text of ['AB==', 'AA=A', 'AAA', 'A===', '', '====', 'AAA=AAA=', ' AAAA', 'AAA-', '/////////w==', 'f/8=']) {
    expect(agrees(of, `"${text}"`), text).toBe(true)
  }
})
