import { expect, test } from 'vitest'
import { parseProperties } from '#server/sdk/java-properties.ts'

test('properties are read as Java reads them', () => {
  const text = [
    '# comment',
    '! comment',
    'a = b ',
    'c:d',
    'e f',
    'long = one \\',
    '       two',
    'uni=\\u00e9\\t!',
    'k\\=ey=v=w',
    'empty',
    'backslash=c\\\\',
    'next=1',
  ].join('\r\n')
  expect(parseProperties(text)).toEqual([
    ['a', 'b '],
    ['c', 'd'],
    ['e', 'f'],
    ['long', 'one two'],
    ['uni', 'é\t!'],
    ['k=ey', 'v=w'],
    ['empty', ''],
    ['backslash', 'c\\'],
    ['next', '1'],
  ])
})
