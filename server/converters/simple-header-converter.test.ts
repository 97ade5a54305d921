import fc from 'fast-check'
import { expect, test } from 'vitest'
import { simpleHeaderConverter } from '#server/converters/simple-header-converter.ts'
import { schemaAndValue } from '#server/converters/testdata/arbitrary-value.ts'
import { plain, sameSchema } from '#server/sdk/schema.ts'

const created = simpleHeaderConverter.headerConverter?.({})
if (!created) throw new Error('no header converter')
const converter = created

test('any bytes are read', () => {
  const tokens = fc
    .array(
      fc.constantFrom(
        '[',
        ']',
        '{',
        '}',
        ',',
        ':',
        '"',
        '\\',
        '\\:',
        'null',
        'true',
        '1',
        '-',
        '.5',
        '2020-01-01',
        ' ',
      ),
    )
    .map((list) => Buffer.from(list.join('')))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), tokens), (bytes) => {
      expect(converter.toConnectHeader('t', 'h', bytes)).toHaveProperty('schema')
    }),
    { numRuns: 2000 },
  )
})

test('every value of every schema is written, and only null is no text', () => {
  fc.assert(
    fc.property(schemaAndValue, ({ schema, value }) => {
      expect(converter.fromConnectHeader('t', 'h', schema, value) === null).toBe(value === null)
    }),
  )
})

test('what was guessed from a text is written as a text that is guessed alike', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.integer().map(String),
        fc.array(fc.integer()).map((list) => JSON.stringify(list)),
      ),
      (text) => {
        const read = converter.toConnectHeader('t', 'h', Buffer.from(text))
        const written = converter.fromConnectHeader('t', 'h', read.schema, read.value)
        expect(sameSchema(converter.toConnectHeader('t', 'h', written).schema, read.schema)).toBe(true)
      },
    ),
  )
})

test.each(['[', '{"a":', '[1,', '{1:['])('a text of a hundred thousand %s is handed over in no time', (part) => {
  const bytes = Buffer.from(part.repeat(100_000))
  const read = converter.toConnectHeader('t', 'h', bytes)
  expect([plain.string, plain.bytes]).toContain(read.schema)
})
