import { expect, test } from 'vitest'
import { parseColumns, parseFrom, parsePartition, printColumns, printFrom } from '#components/records/read-query.ts'

test('what the URL says comes back from it', () => {
  for (const from of [{ at: 'oldest' }, { at: 'offset', offset: 12 }, { at: 'time', ms: 1_700_000_000_000 }] as const) {
    expect(parseFrom(printFrom(from))).toEqual(from)
  }
  const columns = ['user.name', 'a,b', '100%', 'żółw']
  expect(parseColumns(printColumns(columns))).toEqual(columns)
  expect(parseColumns(null)).toEqual([])
})

test('an outdated or broken address shows the newest records instead of an error', () => {
  expect(parseFrom('offset:-3')).toEqual({ at: 'newest' })
  expect(parseFrom('yesterday')).toEqual({ at: 'newest' })
  expect(parsePartition('all')).toBeUndefined()
  expect(parseColumns('a,,a,%E0%')).toEqual(['a', '%E0%'])
})
