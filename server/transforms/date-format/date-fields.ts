import { calendarDate, epochDay } from '#server/sdk/java-calendar.ts'
import { type DayField, dayWay, isLater } from '#server/transforms/date-format/day-way.ts'

/** A field of Java's `Calendar`, by the letter that stands for it; letters that count differently share one. */
export type DateField = DayField | 'G' | 'y' | 'Y' | 'H' | 'K' | 'a' | 'm' | 's' | 'S'

/** What was read of a date: fields with their values, the last read last. */
export interface DateFields {
  /** Months count from 0, days of the week from Sunday, which is 1. */
  readonly set: Map<DateField, number>
  /** How far the zone is before UTC. */
  zoneMinutes: number
  /** A year of two digits was the one that the century begins in, which is in the next one, too. */
  ambiguous: boolean
}

const dayMs = 86_400_000

/** The moment that the fields make, with whatever is missing taken from the first day of 1970, as Java's lenient calendar. */
export function momentOfFields({ set, zoneMinutes, ambiguous }: DateFields, centuryStartMs: number): number {
  const timeMs =
    hourOf(set) * 3_600_000 +
    ((set.get('m') ?? 0) - zoneMinutes) * 60_000 +
    (set.get('s') ?? 0) * 1000 +
    (set.get('S') ?? 0)
  const moment = dayOf(set, 0) * dayMs + timeMs
  return ambiguous && moment < centuryStartMs ? dayOf(set, 100) * dayMs + timeMs : moment
}

/** The year that two digits stand for, in the hundred years from `centuryStartMs` on. */
export function fullYear(digits: number, centuryStartMs: number): { year: number; ambiguous: boolean } {
  const start = calendarDate(Math.floor(centuryStartMs / dayMs)).year
  const century = start - (start % 100)
  return { year: century + digits + (digits < start % 100 ? 100 : 0), ambiguous: digits === start % 100 }
}

/** An hour of the day counts before one of its half, unless that came later, and with its half. */
function hourOf(set: ReadonlyMap<DateField, number>): number {
  const half = set.has('K') && set.has('a')
  const takesHalf = half ? isLater(set, 'K', 'H') || isLater(set, 'a', 'H') : !set.has('H')
  return takesHalf ? (set.get('K') ?? 0) + (set.get('a') ?? 0) * 12 : (set.get('H') ?? 0)
}

/** Days since the epoch. */
function dayOf(set: ReadonlyMap<DateField, number>, addedYears: number): number {
  const inEra = (year: number) => (set.get('G') === 0 ? 1 - year : year)
  const weekYear = set.get('Y')
  if (weekYear !== undefined && isLater(set, 'Y', 'y')) return dayOfWeekYear(set, inEra(weekYear + addedYears))
  const year = inEra((set.get('y') ?? 1970) + addedYears)
  const month = set.get('M') ?? 0
  const first = epochDay(year, month, 1)
  const way = dayWay(set)
  switch (way.field) {
    case 'd':
      return first + (set.get('d') ?? 1) - 1
    case 'W':
      return weekdayFrom(sundayBefore(first), way.weekday) + 7 * ((set.get('W') ?? 1) - 1)
    case 'F':
      return nthWeekday(year, month, way.weekday ?? 1, set.get('F') ?? 1)
    case 'D':
      return epochDay(year, 0, 1) + (set.get('D') ?? 1) - 1
    case 'w':
      return weekdayFrom(sundayBefore(epochDay(year, 0, 1)), way.weekday) + 7 * ((set.get('w') ?? 1) - 1)
  }
}

/** Weeks of a week year count from the one that its first day lies in. */
function dayOfWeekYear(set: ReadonlyMap<DateField, number>, year: number): number {
  const week = set.get('w') ?? 1
  const weekday = set.get('E') ?? 1
  const isWeekday = weekday >= 1 && weekday <= 7
  // A day that is none is taken for one of a week that begins on Monday, and moves the week.
  const days = isWeekday ? weekday - 1 : (((weekday % 7) + 7) % 7) + 7 * Math.floor((weekday - 1) / 7)
  return sundayBefore(epochDay(year, 0, 1)) + 7 * (week - 1) + days
}

function nthWeekday(year: number, month: number, weekday: number, nth: number): number {
  const first = epochDay(year, month, 1)
  if (nth >= 0) return weekdayBefore(first + 7 * nth - 1, weekday)
  return weekdayBefore(epochDay(year, month + 1, 1) + 7 * (nth + 1) - 1, weekday)
}

const weekdayFrom = (sunday: number, weekday: number | undefined) =>
  weekday === undefined ? sunday : weekdayBefore(sunday + 6, weekday)

const sundayBefore = (day: number) => weekdayBefore(day, 1)

/** The last such day of the week that is not after `day`; 1 is Sunday. The epoch began on a Thursday. */
const weekdayBefore = (day: number, weekday: number) => day - ((((day + 5 - weekday) % 7) + 7) % 7)
