import { expect, test } from 'vitest'
import { containing } from '#server/topics/contains.ts'

const record = (key: string | null, value: string | null) => ({
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
})

test('a text is found in key or value, byte by byte', () => {
  const filter = containing('żół')
  expect(filter?.(record('a żółw', null))).toBe(true)
  expect(filter?.(record(null, '{"a":"żółw"}'))).toBe(true)
  expect(filter?.(record('zolw', 'ZOLW'))).toBe(false)
  expect(filter?.(record(null, null))).toBe(false)
})

test('no text filters nothing', () => {
  expect(containing(undefined)).toBeUndefined()
  expect(containing('')).toBeUndefined()
})
