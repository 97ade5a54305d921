import { expect, test } from 'vitest'
import { linePoints } from '#components/records/line-points.ts'

const size = { width: 120, height: 32 }

test('now is at the right, a minute ago at the left, zero at the bottom and the most at the top', () => {
  expect(
    linePoints(
      [
        [-60, -30, 0],
        [0, 4, 8],
      ],
      size,
    ),
  ).toBe('0.0,30.0 60.0,16.0 120.0,2.0')
})

test('a quiet line lies at the bottom, and nothing is drawn of nothing', () => {
  expect(
    linePoints(
      [
        [-1, 0],
        [0, 0],
      ],
      size,
    ),
  ).toBe('118.0,30.0 120.0,30.0')
  expect(linePoints([[], []], size)).toBe('')
})
