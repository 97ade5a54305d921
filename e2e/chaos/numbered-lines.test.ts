import { expect, test } from 'vitest'
import { lineBefore, lineOf, numberOf } from '#e2e/chaos/numbered-lines.ts'

test('a line knows its number, and no other text does', () => {
  for (const n of [0, 7, 123_456]) expect(numberOf(lineOf(n))).toBe(n)
  for (const text of ['', 'line', 'line 1 Ã¤', 'line 1 ä ']) expect(numberOf(text)).toBeUndefined()
})

test('a position tells the last whole line before it, over every length of number', () => {
  let position = 0
  for (let n = 0; n < 11_000; n++) {
    expect(lineBefore(position)).toBe(n - 1)
    position += Buffer.byteLength(`${lineOf(n)}\n`)
    expect(lineBefore(position - 1)).toBe(n - 1)
  }
})
