import { expect, test } from 'vitest'
import { may, roles } from '#server/console/access.ts'

test('each role may do what the one before it may', () => {
  expect(roles).toEqual(['viewer', 'operator', 'admin'])
  expect(may('viewer', 'connector:run')).toBe(false)
  expect(may('operator', 'connector:run')).toBe(true)
  expect(may('operator', 'connector:write')).toBe(false)
  expect(may('admin', 'connector:write')).toBe(true)
})
