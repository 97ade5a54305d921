import { calendarDate, epochDay } from '#server/sdk/java-calendar.ts'

/** What was read of a date: numbers by their letter, the last read last, as they stand in the text. */
export interface DateFields {
  readonly set: Map<string, number>
  /** How far the zone is before UTC. */
  zoneMinutes: number
  /** The year was written with two digits, and stands for one of a hundred. */
  shortYear: boolean
}

const dayMs = 86_400_000

/** The moment that the fields make, with whatever is missing taken from the first day of 1970, as Java's lenient calendar. */
export function momentOfFields(fields: DateFields, centuryStartMs: number): number {
  const moment = momentIn(fields, yearOf(fields, centuryStartMs))
  // The year of the start itself is in both centuries.
  return fields.shortYear && moment < centuryStartMs && yearOf(fields, centuryStartMs) === startYear(centuryStartMs)
    ? momentIn(fields, yearOf(fields, centuryStartMs) + 100)
    : moment
}

const startYear = (centuryStartMs: number) => calendarDate(Math.floor(centuryStartMs / dayMs)).year

/** Counted through zero: the year before AD 1 is 0. */
function yearOf({ set, shortYear }: DateFields, centuryStartMs: number): number {
  const given = set.get('y') ?? 1970
  const year = shortYear ? inCentury(given, startYear(centuryStartMs)) : given
  return set.get('G') === 0 ? 1 - year : year
}

function inCentury(year: number, start: number): number {
  const century = start - (start % 100)
  return century + year + (year < start % 100 ? 100 : 0)
}

function momentIn({ set, zoneMinutes }: DateFields, year: number): number {
  const time =
    (hourOf(set) * 60 + (set.get('m') ?? 0)) * 60_000 +
    (set.get('s') ?? 0) * 1000 +
    (set.get('S') ?? 0) -
    zoneMinutes * 60_000
  return dayOf(set, year) * dayMs + time
}

/** An hour of the day or of its half, whichever was read last. */
function hourOf(set: ReadonlyMap<string, number>): number {
  const last = [...set.keys()].filter((letter) => 'HkKha'.includes(letter)).at(-1)
  if (last === undefined) return 0
  if (last === 'H' || last === 'k') return last === 'k' && set.get('k') === 24 ? 0 : (set.get(last) ?? 0)
  const hour = set.has('K') ? set.get('K') : set.get('h')
  return (hour === 12 && !set.has('K') ? 0 : (hour ?? 0)) + (set.get('a') ?? 0) * 12
}

/** From Sunday, which is 0; a day of the week by number counts from Monday, which is 1. */
function weekdayOf(set: ReadonlyMap<string, number>): number | undefined {
  const number = set.get('u')
  return number === undefined ? set.get('E') : number % 7
}

/** The way to the day that was read last: within month, year or week. */
function dayOf(set: ReadonlyMap<string, number>, year: number): number {
  const weekYear = set.get('Y')
  const weekday = weekdayOf(set)
  if (weekYear !== undefined && [...set.keys()].indexOf('Y') > [...set.keys()].indexOf('y')) {
    return sundayBefore(epochDay(weekYear, 0, 1)) + ((set.get('w') ?? 1) - 1) * 7 + (weekday ?? 0)
  }
  const month = (set.get('M') ?? 1) - 1
  const last = [...set.keys()].filter((letter) => 'dDwWFEu'.includes(letter)).at(-1)
  switch (lastWay(set, last)) {
    case 'D':
      return epochDay(year, 0, set.get('D') ?? 1)
    case 'w':
      return sundayBefore(epochDay(year, 0, 1)) + ((set.get('w') ?? 1) - 1) * 7 + (weekday ?? 0)
    case 'W':
      return sundayBefore(epochDay(year, month, 1)) + ((set.get('W') ?? 1) - 1) * 7 + (weekday ?? 0)
    case 'F': {
      const first = epochDay(year, month, 1)
      const wanted = weekday ?? 0
      return sundayBefore(first + 6 - wanted) + wanted + ((set.get('F') ?? 1) - 1) * 7
    }
    default:
      return epochDay(year, month, set.get('d') ?? 1)
  }
}

/** A day of the week needs a week to lie in; alone it is the first of its kind in the month. */
function lastWay(set: ReadonlyMap<string, number>, last: string | undefined): string | undefined {
  if (last !== 'E' && last !== 'u') return last
  const week = [...set.keys()].filter((letter) => 'wWF'.includes(letter)).at(-1)
  if (week !== undefined) return week
  return set.has('d') ? 'd' : set.has('D') ? 'D' : 'F'
}

const sundayBefore = (day: number) => day - ((((day + 4) % 7) + 7) % 7)
