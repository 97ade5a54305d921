import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/invariants.md'), 'utf8')
const [guarantees = '', proofs = ''] = page.split('## Proofs')

const promised = [...guarantees.matchAll(/^\| \*\*(I\d+)\*\*/gm)].map(([, id = '']) => id)
const proven = [...proofs.matchAll(/^\| (I\d+) \| (.*) \|$/gm)].map(([, id = '', cell = '']) => ({
  id,
  files: [...cell.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
}))

test('every invariant has a proof', () => {
  expect(proven.map(({ id }) => id)).toEqual(promised)
})

test.each(proven)('$id is named by the tests that prove it', ({ id, files }) => {
  expect(files).not.toEqual([])
  const silent = files.filter((file) => !new RegExp(`\\b${id}\\b`).test(readFileSync(join(root, file), 'utf8')))
  expect(silent).toEqual([])
})
