import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/conformance.md'), 'utf8')
const listed = [...page.matchAll(/^\| (R-D\d+) \| .* \| `([^`]+)` \| /gm)].map(([, id = '', file = '']) => ({
  id,
  file,
}))

test('all of the system tests of Connect are listed', () => {
  const ids = Array.from({ length: 16 }, (_, n) => `R-D${String(n + 1).padStart(2, '0')}`)
  expect(listed.map(({ id }) => id)).toEqual(ids)
})

test.each(listed)('$id is the name of a test in $file', ({ id, file }) => {
  expect(readFileSync(join(root, 'e2e', file), 'utf8')).toMatch(new RegExp(`(test|describe)[^]*'${id}: `))
})
