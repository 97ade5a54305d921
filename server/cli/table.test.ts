import { expect, test } from 'vitest'
import { table } from '#server/cli/table.ts'

test('columns line up, numbers to the right, wide characters counted as two', () => {
  expect(
    table(
      ['name', 'records'],
      [
        ['orders', 12],
        ['注文', 3000],
      ],
    ),
  ).toBe(['NAME    RECORDS', 'orders       12', '注文       3000'].join('\n'))
})

test('no line ends in blanks', () => {
  expect(table(['a', 'b'], [['long cell', '']])).toBe('A          B\nlong cell')
})
