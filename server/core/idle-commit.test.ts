import { expect, test } from 'vitest'
import { idleCommitMsOf } from '#server/core/idle-commit.ts'

const key = 'sluice.offset.flush.idle.ms'

test('a connector says otherwise than its worker, and neither says nonsense', () => {
  expect(idleCommitMsOf({}, {})).toBe(1_000)
  expect(idleCommitMsOf({}, { [key]: '250' })).toBe(250)
  expect(idleCommitMsOf({ [key]: ' 0 ' }, { [key]: '250' })).toBe(0)
  expect(idleCommitMsOf({ [key]: 'soon' }, { [key]: '250' })).toBe(250)
  expect(idleCommitMsOf({ [key]: null }, { [key]: '-1' })).toBe(1_000)
})
