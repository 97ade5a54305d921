import { expect, test } from 'vitest'
import { lagsAfter } from '#components/offsets/lag.ts'

test('what is told replaces what was known of those who were asked for, and nothing else', () => {
  const known = new Map([
    ['a', 1],
    ['b', 2],
    ['out of sight', 3],
  ])
  expect([...lagsAfter(known, ['a', 'b', 'c'], [{ connector: 'c', lag: 0 }])]).toEqual([
    ['out of sight', 3],
    ['c', 0],
  ])
  expect(lagsAfter(undefined, ['a'], []).size).toBe(0)
})
