import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/reliability.md'), 'utf8')
const recorded = readFileSync(join(root, 'e2e/rest/testdata/rest.jsonl'), 'utf8')
const listed = [...page.matchAll(/^\| (R-J\d+) \| .*? \| (.*) \| [efk, ]+ \|$/gm)].map(([, id = '', tests = '']) => ({
  id,
  files: [...tests.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
  scenarios: [...tests.matchAll(/recorded\.e2e\.ts` \(([^)]+)\)/g)].flatMap(([, names = '']) => names.split(', ')),
}))

test('all of the integration tests of Connect are listed', () => {
  const ids = Array.from({ length: 28 }, (_, n) => `R-J${String(n + 1).padStart(2, '0')}`)
  expect(listed.map(({ id }) => id)).toEqual(ids)
})

test.each(listed)(
  '$id is proven by files that have tests, and by scenarios that were recorded',
  ({ files, scenarios }) => {
    expect(files).not.toEqual([])
    for (const file of files) expect(readFileSync(join(root, file), 'utf8')).toMatch(/\b(test|describe)(\.|\()/)
    const unknown = scenarios.filter((name) => name !== 'configdef' && !recorded.includes(`"scenario":"${name}"`))
    expect(unknown).toEqual([])
  },
)

const named = [...page.matchAll(/^\| I\d+ \| .* \| `([^`]+)` \|$/gm)].map(([, file = '']) => file)

test('each invariant has its judge', () => {
  expect(named).toHaveLength(14)
  for (const [n, file] of named.entries()) {
    expect(readFileSync(join(root, 'e2e/checker', file), 'utf8')).toContain(`I${n + 1}:`)
  }
})
