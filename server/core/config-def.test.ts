import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type FieldType, flag, int, list, secret, text } from '#server/contract/config-field.ts'
import { evaluateFields, parseConfig } from '#server/core/config-def.ts'
import { parseValue } from '#server/core/config-def-value.ts'

const fields = {
  file: text({ doc: 'A file.', importance: 'high', checks: [{ check: 'non-empty' }] }),
  'batch.size': int({ doc: 'How many.', importance: 'low', default: 2000, checks: [{ check: 'range', min: 1 }] }),
  follow: flag({ doc: 'Whether to wait.', importance: 'low', default: false }),
  topics: list({ doc: 'Where to.', importance: 'low', default: [] }),
  password: secret({
    doc: 'A secret.',
    importance: 'low',
    default: null,
    visibleWhen: { field: 'follow', in: ['true'] },
  }),
}

test('turns texts into the types that the table declares, trimmed', () => {
  const config = { file: ' in.txt ', 'batch.size': ' +5 ', follow: 'TRUE', topics: ' a , b', other: 'ignored' }
  expect(parseConfig(fields, config)).toEqual({
    ok: true,
    value: { file: 'in.txt', 'batch.size': 5, follow: true, topics: ['a', 'b'], password: null },
  })
})

test('says everything that is wrong, each with its field', () => {
  expect(parseConfig(fields, { 'batch.size': '0', follow: 'maybe' })).toEqual({
    ok: false,
    problems: [
      { field: 'file', message: 'Missing required configuration "file" which has no default value.' },
      { field: 'batch.size', message: 'Invalid value 0 for configuration batch.size: Value must be at least 1' },
      {
        field: 'follow',
        message: 'Invalid value maybe for configuration follow: Expected value to be either true or false',
      },
    ],
  })
})

test('shows a password as hidden and a key only when its condition holds', () => {
  const password = (follow: string) => {
    const keys = evaluateFields(fields, { file: 'f', follow, password: 'hunter2' })
    return keys.find(({ name }) => name === 'password')
  }
  expect(password('true')).toMatchObject({ text: '[hidden]', parsed: 'hunter2', visible: true })
  expect(password('false')).toMatchObject({ visible: false })
})

test('takes no setting from the prototype of a config', () => {
  const config = Object.create({ file: 'inherited' })
  expect(parseConfig(fields, config).ok).toBe(false)
})

test('reads whole numbers exactly within their type and nothing beyond it', () => {
  const bits: [FieldType, bigint][] = [
    ['SHORT', 15n],
    ['INT', 31n],
    ['LONG', 63n],
  ]
  fc.assert(
    fc.property(fc.constantFrom(...bits), fc.bigInt(-(1n << 64n), 1n << 64n), ([type, size], value) => {
      const parsed = parseValue(type, String(value))
      const fits = value >= -(1n << size) && value < 1n << size
      expect(parsed.ok).toBe(fits)
      if (parsed.ok) expect(parsed.text).toBe(String(value))
    }),
  )
})

test.each([
  ['1e3', '1000.0'],
  ['1d', '1.0'],
  ['1.5', '1.5'],
  ['1e7', '1.0E7'],
  ['0.0001', '1.0E-4'],
  ['-0', '-0.0'],
  ['NaN', 'NaN'],
])('shows the double %s as Java does: %s', (given, shown) => {
  expect(parseValue('DOUBLE', given)).toMatchObject({ ok: true, text: shown })
})

test('recommends by what another field says, and shows or hides by it', () => {
  const table = {
    kind: text({ doc: 'A kind.', importance: 'low', default: 'a' }),
    size: int({
      doc: 'A size.',
      importance: 'low',
      default: 1,
      recommended: ['1'],
      recommendedWhen: [{ field: 'kind', in: ['b', 'c'], values: ['2', '3'] }],
      visibleWhen: { field: 'kind', in: ['a', 'b'] },
    }),
  }
  const size = (config: Record<string, string>) => {
    const { recommended, visible } = evaluateFields(table, config)[1] ?? {}
    return [recommended, visible]
  }
  expect(size({})).toEqual([['1'], true])
  expect(size({ kind: ' b ' })).toEqual([['2', '3'], true])
  expect(size({ kind: 'c' })).toEqual([['2', '3'], false])
})
