import { expect, test } from 'vitest'
import { JsonDecimal } from '#server/sdk/json-node.ts'
import { float64Of, int64Of, nearestFloat32 } from '#server/sdk/json-number.ts'

test('an integer too wide keeps its low 64 bits, a fraction is cut', () => {
  expect(int64Of(2n ** 64n + 5n)).toBe(5n)
  expect(int64Of(new JsonDecimal('-1.9'))).toBe(-1n)
  expect(int64Of(new JsonDecimal('1e19'))).toBe(BigInt.asIntN(64, 10n ** 19n))
  expect(int64Of(new JsonDecimal('1e999999999'))).toBe(0n)
  expect(int64Of(new JsonDecimal('1e-999999999'))).toBe(0n)
  expect(int64Of('7')).toBe(0n)
})

test('a zero read from JSON has no sign', () => {
  expect(float64Of(new JsonDecimal('-0.0'))).toBe(0)
  expect(nearestFloat32('-0.0')).toBe(0)
})

test('a FLOAT32 is the nearest one, not the nearest to the nearest FLOAT64', () => {
  // 1 + 2^-24 lies half-way between two FLOAT32; the digit far behind decides.
  expect(nearestFloat32('1.000000059604644775390625')).toBe(1)
  expect(nearestFloat32('1.00000005960464477539062500001')).toBe(1 + 2 ** -23)
  expect(nearestFloat32('-1.00000005960464477539062500001')).toBe(-1 - 2 ** -23)
  // 1 + 3 * 2^-24, a little less: down in place of up to the even one.
  expect(nearestFloat32('1.00000017881393432617187499999')).toBe(1 + 2 ** -23)
  expect(nearestFloat32('16777217.0000000000001')).toBe(16_777_218)
  expect(nearestFloat32('1e300')).toBe(Number.POSITIVE_INFINITY)
})
