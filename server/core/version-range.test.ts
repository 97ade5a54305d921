import { expect, test } from 'vitest'
import { compareVersions, parseVersionSpec } from '#server/core/version-range.ts'

test.each([
  ['4.3.1', true],
  ['[4.3.1]', true],
  ['[4.0,5.0)', true],
  ['(4.3.1,5.0]', false],
  ['[4.0,4.3.1)', false],
  ['(,4.3.1]', true],
  ['[5,)', false],
  ['[1,2],[4,5]', true],
  ['9.9', false],
  ['', false],
])('says whether %s includes 4.3.1: %s', (spec, included) => {
  expect(parseVersionSpec(spec)?.includes('4.3.1')).toBe(included)
})

test('asks for nothing when the spec is absent, null or latest', () => {
  expect([undefined, null, 'latest'].map(parseVersionSpec)).toEqual([undefined, undefined, undefined])
})

test('refuses an open bracket in words', () => {
  expect(() => parseVersionSpec('[')).toThrow('Unbounded range: [')
})

test('orders versions by number, a release after its candidates', () => {
  const sorted = ['1.10.0', '1.9.0', '1.9', '1.9.0-rc1', '2'].toSorted(compareVersions)
  expect(sorted).toEqual(['1.9.0-rc1', '1.9.0', '1.9', '1.10.0', '2'])
})
