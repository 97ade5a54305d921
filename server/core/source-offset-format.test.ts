import { expect, test } from 'vitest'
import { checkSourceOffset } from '#server/core/source-offset-format.ts'

test('partitions and offsets of primitives are let through, absent ones too', () => {
  checkSourceOffset({ partition: { a: 'x', b: 1, c: 1.5, d: true, e: null, f: 2n ** 60n }, offset: { i: 0 } })
  checkSourceOffset({ partition: null, offset: null })
})

test.each([
  [{ partition: { n: 1, l: [1], m: {} }, offset: null }, 'l', 'ARRAY'],
  [{ partition: { n: 1 }, offset: { m: { k: 1 } } }, 'm', 'MAP'],
])('the first value that is not primitive is named: %j', (change, field, kind) => {
  expect(() => checkSourceOffset(change)).toThrow(
    `Offsets may only contain primitive types as values, but field ${field} contains ${kind}`,
  )
})
