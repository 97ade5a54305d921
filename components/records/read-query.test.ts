import { expect, test } from 'vitest'
import { parseFrom, parsePartition, printFrom } from '#components/records/read-query.ts'

test('what the URL says comes back from it', () => {
  for (const from of [{ at: 'oldest' }, { at: 'offset', offset: 12 }, { at: 'time', ms: 1_700_000_000_000 }] as const) {
    expect(parseFrom(printFrom(from))).toEqual(from)
  }
})

test('an outdated or broken address shows the newest records instead of an error', () => {
  expect(parseFrom('offset:-3')).toEqual({ at: 'newest' })
  expect(parseFrom('yesterday')).toEqual({ at: 'newest' })
  expect(parsePartition('all')).toBeUndefined()
})
