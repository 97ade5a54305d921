import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Decimal } from '#server/sdk/decimal.ts'

const decimal = fc
  .tuple(fc.bigInt(), fc.integer({ min: -50, max: 50 }))
  .map(([unscaled, scale]) => new Decimal(unscaled, scale))

test('a decimal comes back from its text and from its bytes, scale and all', () => {
  fc.assert(
    fc.property(decimal, (value) => {
      expect(Decimal.parse(value.toString())).toEqual(value)
      expect(Decimal.fromBytes(value.toBytes(), value.scale)).toEqual(value)
    }),
    { numRuns: 1000 },
  )
})

test('the bytes are as few as hold the number and its sign', () => {
  const hex = (n: bigint) => new Decimal(n, 0).toBytes().toString('hex')
  expect([0n, 127n, 128n, -1n, -128n, -129n, 255n, 256n].map(hex)).toEqual([
    '00',
    '7f',
    '0080',
    'ff',
    '80',
    'ff7f',
    '00ff',
    '0100',
  ])
})

test('the text has an exponent where Java writes one', () => {
  const text = (unscaled: bigint, scale: number) => new Decimal(unscaled, scale).toString()
  expect(text(1n, 6)).toBe('0.000001')
  expect(text(1n, 7)).toBe('1E-7')
  expect(text(12n, -3)).toBe('1.2E+4')
  expect(text(-1234n, 2)).toBe('-12.34')
  expect(new Decimal(12n, -3).toPlainString()).toBe('12000')
})

test.each(['', '.', '-', '1e', 'e5', '1,0', ' 1', '0x1', '1e9999999999'])('no number: %s', (text) => {
  expect(Decimal.parse(text)).toBeUndefined()
})
