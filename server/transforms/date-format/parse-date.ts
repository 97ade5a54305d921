import {
  type DateField,
  type DateFields,
  fullYear,
  momentOfFields,
} from '#server/transforms/date-format/date-fields.ts'
import type { PatternPart } from '#server/transforms/date-format/date-pattern.ts'
import { eras, halves, months, weekdays } from '#server/transforms/date-format/names.ts'
import { zoneAt } from '#server/transforms/date-format/parse-zone.ts'

/** A place in the text that is read. */
interface Cursor {
  readonly text: string
  at: number
}

/**
 * Reads a text by a pattern, in UTC and English, as leniently as Java (`SimpleDateFormat.parse`): numbers may run over, and
 * what stands behind the date does not count. Milliseconds since the epoch; undefined for a text that does not match.
 * Years of two digits lie in the hundred years from `centuryStartMs` on.
 */
export function parseDate(parts: readonly PatternPart[], text: string, centuryStartMs: number): number | undefined {
  const cursor: Cursor = { text, at: 0 }
  const fields: DateFields = { set: new Map(), zoneMinutes: 0, ambiguous: false }
  for (const [i, part] of parts.entries()) {
    const read =
      'literal' in part ? takes(cursor, part.literal) : readField(cursor, part, parts[i + 1], fields, centuryStartMs)
    if (!read) return undefined
  }
  return cursor.at === 0 ? undefined : momentOfFields(fields, centuryStartMs)
}

type LetterPart = Extract<PatternPart, { letter: string }>

function readField(
  cursor: Cursor,
  part: LetterPart,
  next: PatternPart | undefined,
  fields: DateFields,
  centuryStartMs: number,
): boolean {
  const { letter, count } = part
  const start = cursor.at
  while (cursor.text[cursor.at] === ' ' || cursor.text[cursor.at] === '\t') cursor.at += 1
  const first = cursor.at
  if (first >= cursor.text.length) return false
  if (/[zZX]/.test(letter)) return readZone(cursor, letter, count, fields)
  const names = namesOf(letter, count)
  if (names) {
    // Space before a name is not part of it, and there is nothing else to skip it.
    const found = first === start ? readName(cursor, names) : undefined
    return (
      found !== undefined &&
      setField(fields, letter, letter === 'E' || letter === 'M' || letter === 'L' ? found + 1 : found)
    )
  }
  // Digits of two fields that touch are told apart by how many letters there are.
  const end = next && isNumber(next) ? start + count : cursor.text.length
  if (end > cursor.text.length) return false
  const value = readNumber(cursor, end)
  if (value === undefined) return false
  const isShort = /^[yY]$/.test(letter) && count <= 2 && /^\d\d$/.test(cursor.text.slice(first, cursor.at))
  if (!isShort) return setField(fields, letter, value)
  const { year, ambiguous } = fullYear(value, centuryStartMs)
  fields.ambiguous = ambiguous
  return setField(fields, letter, year)
}

/** Notes a number as it stands in the text under the field that it counts in. The field that was read last counts most. */
function setField({ set }: DateFields, letter: string, value: number): true {
  const [field, counted] = calendarField(letter, value)
  set.delete(field)
  set.set(field, counted)
  return true
}

function calendarField(letter: string, value: number): [DateField, number] {
  switch (letter) {
    case 'M':
    case 'L':
      return ['M', value - 1]
    case 'k':
      return ['H', value === 24 ? 0 : value]
    case 'h':
      return ['K', value === 12 ? 0 : value]
    case 'u':
      // From Monday, which is 1; a number that is no day stays what it is.
      return ['E', value >= 1 && value <= 7 ? (value % 7) + 1 : value]
    default:
      return [letter as DateField, value]
  }
}

function isNumber(part: PatternPart): boolean {
  return 'letter' in part && !/[GEazZX]/.test(part.letter) && !(/[ML]/.test(part.letter) && part.count > 2)
}

function namesOf(letter: string, count: number): readonly (readonly string[])[] | undefined {
  if (letter === 'G') return [eras.long, eras.short]
  if (letter === 'a') return [halves]
  if (letter === 'E') return [weekdays.long, weekdays.short]
  return /[ML]/.test(letter) && count > 2 ? [months.long, months.short] : undefined
}

function takes(cursor: Cursor, literal: string): boolean {
  if (!cursor.text.startsWith(literal, cursor.at)) return false
  cursor.at += literal.length
  return true
}

/** The longest name that the text goes on with, in any case. */
function readName(cursor: Cursor, lists: readonly (readonly string[])[]): number | undefined {
  const rest = cursor.text.slice(cursor.at).toLowerCase()
  const found = lists
    .flatMap((names) => [...names.entries()])
    .filter(([, name]) => rest.startsWith(name.toLowerCase()))
    .sort(([, a], [, b]) => b.length - a.length)[0]
  if (!found) return undefined
  cursor.at += found[1].length
  return found[0]
}

function readNumber(cursor: Cursor, end: number): number | undefined {
  const digits = /^-?\d{1,18}/.exec(cursor.text.slice(cursor.at, end))?.[0]
  if (digits === undefined) return undefined
  cursor.at += digits.length
  return Number(digits)
}

function readZone(cursor: Cursor, letter: string, count: number, fields: DateFields): boolean {
  const found = zoneAt(cursor.text.slice(cursor.at), letter, count)
  if (!found) return false
  cursor.at += found.length
  fields.zoneMinutes = found.minutes
  return true
}
