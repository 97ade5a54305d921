import { calendarDate, epochDay } from '#server/sdk/java-calendar.ts'
import type { PatternPart } from '#server/transforms/date-format/date-pattern.ts'
import { eras, halves, months, weekdays } from '#server/transforms/date-format/names.ts'

const dayMs = 86_400_000

/** A moment as a pattern's text, in UTC and English (Java: `SimpleDateFormat.format`). */
export function formatDate(parts: readonly PatternPart[], ms: number): string {
  const moment = momentOf(ms)
  let text = ''
  for (const part of parts) text += 'literal' in part ? part.literal : fieldText(part.letter, part.count, moment)
  return text
}

interface Moment {
  epochDay: number
  year: number
  month: number
  day: number
  /** From Sunday, which is 0. */
  weekday: number
  hour: number
  minute: number
  second: number
  millisecond: number
}

function momentOf(ms: number): Moment {
  const day = Math.floor(ms / dayMs)
  const ofDay = ms - day * dayMs
  return {
    epochDay: day,
    ...calendarDate(day),
    weekday: (((day + 4) % 7) + 7) % 7,
    hour: Math.floor(ofDay / 3_600_000),
    minute: Math.floor(ofDay / 60_000) % 60,
    second: Math.floor(ofDay / 1000) % 60,
    millisecond: ofDay % 1000,
  }
}

function fieldText(letter: string, count: number, moment: Moment): string {
  const number = (value: number) => padded(value, count)
  switch (letter) {
    case 'G':
      return eras.short[moment.year > 0 ? 1 : 0] ?? ''
    case 'y':
      return yearText(moment.year > 0 ? moment.year : 1 - moment.year, count)
    case 'Y':
      return yearText(weekYear(moment), count)
    case 'M':
    case 'L':
      return count < 3 ? number(moment.month + 1) : (months[count > 3 ? 'long' : 'short'][moment.month] ?? '')
    case 'd':
      return number(moment.day)
    case 'D':
      return number(moment.epochDay - epochDay(moment.year, 0, 1) + 1)
    case 'F':
      return number(Math.floor((moment.day - 1) / 7) + 1)
    case 'w':
      return number(weekOfYear(moment))
    case 'W':
      return number(weekSince(epochDay(moment.year, moment.month, 1), moment.epochDay))
    case 'E':
      return weekdays[count > 3 ? 'long' : 'short'][moment.weekday] ?? ''
    case 'u':
      return number(moment.weekday || 7)
    case 'a':
      return halves[moment.hour < 12 ? 0 : 1] ?? ''
    case 'H':
      return number(moment.hour)
    case 'k':
      return number(moment.hour || 24)
    case 'K':
      return number(moment.hour % 12)
    case 'h':
      return number(moment.hour % 12 || 12)
    case 'm':
      return number(moment.minute)
    case 's':
      return number(moment.second)
    case 'S':
      return number(moment.millisecond)
    case 'z':
      return count > 3 ? 'Coordinated Universal Time' : 'UTC'
    case 'X':
      return 'Z'
    default:
      return '+0000'
  }
}

const yearText = (year: number, count: number) => padded(count === 2 ? year % 100 : year, count)

const padded = (value: number, digits: number) => (value < 0 ? '-' : '') + `${Math.abs(value)}`.padStart(digits, '0')

/** The number of a day's week, when the week that `first` lies in is number 1; weeks begin on Sunday. */
const weekSince = (first: number, day: number) => Math.floor((day + 4) / 7) - Math.floor((first + 4) / 7) + 1

/** The last days of December may lie in the first week of the next year. */
function weekYear({ year, epochDay: day }: Moment): number {
  return weekSince(epochDay(year + 1, 0, 1), day) >= 1 ? year + 1 : year
}

const weekOfYear = (moment: Moment) => weekSince(epochDay(weekYear(moment), 0, 1), moment.epochDay)
