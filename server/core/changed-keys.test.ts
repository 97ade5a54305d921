import { expect, test } from 'vitest'
import { changedKeys, describeChangedKeys } from '#server/core/changed-keys.ts'

test('S-09: names the keys that differ, and no value', () => {
  const keys = changedKeys(
    { a: '1', password: 'old-secret', gone: 'x' },
    { a: '1', password: 'new-secret', fresh: 'y' },
  )
  expect(keys).toEqual({ added: ['fresh'], removed: ['gone'], changed: ['password'] })
  expect(describeChangedKeys(keys)).toBe('password changed; fresh added; gone removed')
  expect(describeChangedKeys(changedKeys({ a: null }, { a: null }))).toBe('nothing differs')
})
