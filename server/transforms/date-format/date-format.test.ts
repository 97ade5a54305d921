import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createDateFormat } from '#server/transforms/date-format/date-format.ts'

interface Recorded {
  pattern: string
  /** A moment, and its text. */
  ms: number
  text: string
  /** A text, and what `SimpleDateFormat` read in it; null where it found no date. */
  given: string
  read: number | null
}

const recordings = readFileSync(join(import.meta.dirname, '../testdata/simple-date-format.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Recorded => JSON.parse(line))

test('writes and reads dates as SimpleDateFormat did, by patterns and texts of all kinds', () => {
  for (const { pattern, ms, text, given, read } of recordings) {
    const format = createDateFormat(pattern)
    expect(format.format(ms), `${ms} as ${pattern}`).toBe(text)
    expect(format.parse(given) ?? null, `"${given}" as ${pattern}`).toBe(read)
  }
})

test('takes a year of two digits for one of the last 80 or the next 20', () => {
  const thisYear = new Date().getUTCFullYear()
  for (const year of [thisYear - 79, thisYear - 1, thisYear, thisYear + 19]) {
    const text = `${year % 100}`.padStart(2, '0')
    expect(createDateFormat('yy').parse(text)).toBe(Date.UTC(year, 0, 1))
  }
})

test.each([
  ['b', "Illegal pattern character 'b'"],
  ["yyyy'", 'Unterminated quote'],
  ['XXXX', 'invalid ISO 8601 format: length=4'],
])('refuses the pattern %s as Java does', (pattern, message) => {
  expect(() => createDateFormat(pattern)).toThrow(message)
})

test.each([
  ['z', 'CEST', -120],
  ['z', 'GMT+1:30', -90],
  ['z', 'gmt', 0],
  ['Z', '-0800', 480],
  ['X', '+01', -60],
  ['XXX', '+01:30', -90],
  ['XX', 'Z', 0],
  ['z', 'GMT+1', undefined],
  ['z', 'nowhere', undefined],
])('reads a zone by %s from %s', (pattern, text, minutes) => {
  expect(createDateFormat(pattern).parse(text)).toBe(minutes === undefined ? undefined : minutes * 60_000)
})
