import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/incidents.md'), 'utf8')
const incidents = page
  .split(/^## (?=R-I)/m)
  .slice(1)
  .map((text) => ({
    id: text.slice(0, 'R-I00'.length),
    impossible: text.includes('**Cannot happen.**'),
    tests: [...text.matchAll(/^- `([^`]+)`: (.+)$/gm)].map(([, file = '', title = '']) => ({ file, title })),
  }))

test('all incidents are there, each with the tests that replay it or the reason why it cannot happen', () => {
  expect(incidents.map(({ id }) => id)).toEqual(
    Array.from({ length: 30 }, (_, n) => `R-I${String(n + 1).padStart(2, '0')}`),
  )
  expect(incidents.filter(({ impossible, tests }) => !impossible && tests.length === 0)).toEqual([])
})

test.each(incidents.flatMap(({ id, tests }) => tests.map((one) => ({ id, ...one }))))(
  '$id is replayed in $file: $title',
  ({ file, title }) => {
    const titles = [
      ...readFileSync(join(root, file), 'utf8').matchAll(/(?:'((?:\\.|[^'\\\n])+)'|"((?:\\.|[^"\\\n])+)")/g),
    ]
    expect(titles.map(([, single, double]) => (single ?? double)?.replaceAll("\\'", "'"))).toContain(title)
  },
)
