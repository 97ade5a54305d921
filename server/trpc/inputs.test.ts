import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clusterSettings, configProblems, toRead, withConfig } from '#server/trpc/inputs.ts'

test('any flat map of texts is a config', () => {
  const keys = fc.string().filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key))
  fc.assert(
    fc.property(fc.dictionary(keys, fc.option(fc.string())), (config) => {
      expect(configProblems(config)).toEqual([])
    }),
  )
})

test.each([
  ['{"__proto__": "x"}', '__proto__'],
  ['{"constructor": "x"}', 'constructor'],
  ['{"tasks.max": 1}', 'tasks.max'],
  ['{"a": {"b": "c"}}', 'a'],
  ['[]', ''],
  ['null', ''],
  ['"text"', ''],
])('what is no config is told at its field: %s', (text, field) => {
  expect(configProblems(JSON.parse(text)).map((problem) => problem.field)).toEqual([field])
  const parsed = withConfig.safeParse({ config: JSON.parse(text) })
  expect(parsed.error?.issues.map(({ path }) => path)).toEqual([field === '' ? ['config'] : ['config', field]])
})

test('a config that is too large is refused', () => {
  expect(configProblems({ a: 'x'.repeat(64 * 1024) })).toEqual([])
  expect(configProblems({ a: 'x'.repeat(64 * 1024 + 1) })).toHaveLength(1)
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`key-${n}`, '']))
  expect(configProblems(many(2000))).toEqual([])
  expect(configProblems(many(2001))).toHaveLength(1)
})

test.each(['ftp://worker:8083', 'worker:8083', 'javascript:alert(1)', ''])('%s is no address of a worker', (url) => {
  const settings = { slug: 'prod', name: 'Production', workerUrls: [url] }
  expect(clusterSettings.safeParse(settings).error?.issues[0]?.path).toEqual(['workerUrls', 0])
})

test('a place to read from is one of four, with what it needs', () => {
  const read = (from: unknown) => toRead.safeParse({ topic: 't', format: 'auto', limit: 10, from }).success
  expect([{ at: 'newest' }, { at: 'oldest' }, { at: 'offset', offset: 3 }, { at: 'time', ms: 0 }].map(read)).toEqual([
    true,
    true,
    true,
    true,
  ])
  expect([{ at: 'offset' }, { at: 'time', ms: -1 }, { at: 'elsewhere' }, undefined].map(read)).toEqual([
    false,
    false,
    false,
    false,
  ])
})
