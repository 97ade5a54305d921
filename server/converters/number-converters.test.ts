import fc from 'fast-check'
import { expect, test } from 'vitest'
import { converters } from '#server/converters/catalog.ts'
import { schemaAndValue } from '#server/converters/testdata/arbitrary-value.ts'
import { sameValue } from '#server/converters/testdata/same-value.ts'
import { DataError } from '#server/sdk/data-error.ts'

const kinds = [
  ['Boolean', 'BOOLEAN'],
  ['Short', 'INT16'],
  ['Integer', 'INT32'],
  ['Long', 'INT64'],
  ['Float', 'FLOAT32'],
  ['Double', 'FLOAT64'],
] as const

function create(kind: string) {
  const plugin = converters.find((candidate) => candidate.class.endsWith(`.converters.${kind}Converter`))
  const made = plugin?.converter?.({}, false)
  if (!made) throw new Error('no converter')
  return made
}

test.each(kinds)('%sConverter gives back every value of %s, and refuses every other', (kind, type) => {
  const converter = create(kind)
  fc.assert(
    fc.property(schemaAndValue, ({ schema, value }) => {
      if (value === null) return
      if (schema?.type === type && typeof value !== 'object') {
        const bytes = converter.fromConnectData('t', schema, value)
        expect(sameValue(converter.toConnectData('t', bytes).value, value)).toBe(true)
      } else expect(() => converter.fromConnectData('t', schema, value)).toThrow(DataError)
    }),
    { numRuns: 300 },
  )
})

test.each(kinds)('%sConverter reads bytes or ends in a DataException', (kind) => {
  const converter = create(kind)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 10 }), (bytes) => {
      try {
        expect(converter.toConnectData('t', bytes).schema?.optional).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(DataError)
      }
    }),
  )
})
