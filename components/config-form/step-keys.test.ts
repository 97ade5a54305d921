import { expect, test } from 'vitest'
import { stepKeys } from '#components/config-form/step-keys.ts'

test('a renamed step keeps its key, and one that takes its former alias gets another', () => {
  const keyOf = stepKeys(['b', 'a', 'c'], new Map([['b', 'a']]))
  expect(['b', 'a', 'c'].map(keyOf)).toEqual(['a', 'a ', 'c'])
})
