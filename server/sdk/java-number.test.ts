import fc from 'fast-check'
import { expect, test } from 'vitest'
import { freeFormDigits } from '#server/sdk/java-digits.ts'
import { doubleText, floatText } from '#server/sdk/java-number.ts'

test.each([
  [0, '0.0'],
  [-0, '-0.0'],
  [1, '1.0'],
  [100, '100.0'],
  [1e7, '1.0E7'],
  [9_999_999, '9999999.0'],
  [0.001, '0.001'],
  [0.000_999, '9.99E-4'],
  [-12.34, '-12.34'],
  [1e21, '1.0E21'],
  [5e-324, '4.9E-324'],
  [2e23, '1.9999999999999998E23'],
  [1.797_693_134_862_315_7e308, '1.7976931348623157E308'],
  [2.225_073_858_507_201_4e-308, '2.2250738585072014E-308'],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
])('the FLOAT64 %d is written %s', (value, text) => {
  expect(doubleText(value)).toBe(text)
})

test.each([
  [0.1, '0.1'],
  [12.34, '12.34'],
  [1e10, '1.0E10'],
  [33_554_432, '3.3554432E7'],
  [3.402_823_466_385_288_6e38, '3.4028235E38'],
  [1.401_298_464_324_817e-45, '1.4E-45'],
  [1.175_494_350_822_287_5e-38, '1.17549435E-38'],
])('the FLOAT32 %d is written %s', (value, text) => {
  expect(floatText(value)).toBe(text)
})

test('every FLOAT64 is read back from its text', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (value) => {
      expect(Number(doubleText(value))).toBe(value)
    }),
    { numRuns: 2000 },
  )
})

test('every FLOAT32 is read back from its text', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (value) => {
      expect(Math.fround(Number(floatText(value)))).toBe(value)
    }),
    { numRuns: 2000 },
  )
})

/** The digits and the exponent of a text of Java's. */
function digitsOf(text: string): [string, number] {
  const [mantissa = '', power = '0'] = text.replace(/^-/, '').split('E')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const all = `${whole}${fraction}`
  const leading = all.length - all.replace(/^0+/, '').length
  return [all.replace(/^0+/, '').replace(/(?!^)0+$/, ''), Number(power) + whole.length - 1 - leading]
}

test('short numbers have the digits that the full algorithm finds', () => {
  const short = fc
    .tuple(fc.integer({ min: 1, max: 999_999_999_999_999 }), fc.integer({ min: -300, max: 300 }))
    .map(([digits, power]) => Number(`${digits}e${power - 8}`))
  fc.assert(
    fc.property(short, (value) => {
      expect(digitsOf(doubleText(value))).toEqual(freeFormDigits(value, 53))
    }),
    { numRuns: 3000 },
  )
  const shortFloat = fc
    .tuple(fc.integer({ min: 1, max: 999_999 }), fc.integer({ min: -40, max: 30 }))
    .map(([digits, power]) => Math.fround(Number(`${digits}e${power}`)))
    .filter((value) => value > 0 && Number.isFinite(value))
  fc.assert(
    fc.property(shortFloat, (value) => {
      expect(digitsOf(floatText(value))).toEqual(freeFormDigits(value, 24))
    }),
    { numRuns: 3000 },
  )
})
