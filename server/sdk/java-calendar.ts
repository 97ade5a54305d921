/** 15 October 1582, from which day on Java counts in the Gregorian calendar. */
const cutoverDay = -141_427

/**
 * Days since the epoch of a date in Java's calendar: Gregorian from the cutover on, Julian before it. `year` counts through
 * zero, `month` from zero; months and days may run over.
 */
export function epochDay(givenYear: number, givenMonth: number, day: number): number {
  const year = givenYear + Math.floor(givenMonth / 12)
  const month = givenMonth - Math.floor(givenMonth / 12) * 12
  // Years begin in March, so that the leap day is the last.
  const shifted = month < 2 ? year - 1 : year
  const dayOfYear = Math.floor((153 * ((month + 10) % 12) + 2) / 5) + day - 1
  const julian = 365 * shifted + Math.floor(shifted / 4) + dayOfYear - 719_470
  const gregorian = julian + 2 - Math.floor(shifted / 100) + Math.floor(shifted / 400)
  return gregorian >= cutoverDay ? gregorian : julian
}

/** A date in Java's calendar; `year` counts through zero, `month` from zero, `day` from one. */
export interface CalendarDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

export function calendarDate(day: number): CalendarDate {
  if (day < cutoverDay) return julianDate(day)
  const date = new Date(day * 86_400_000)
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), day: date.getUTCDate() }
}

/** Years of the Julian calendar repeat every four: 1461 days. */
function julianDate(day: number): CalendarDate {
  const fromMarch = day + 719_470
  const cycle = Math.floor(fromMarch / 1461)
  const dayOfCycle = fromMarch - cycle * 1461
  const yearOfCycle = Math.min(3, Math.floor(dayOfCycle / 365))
  const dayOfYear = dayOfCycle - yearOfCycle * 365
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = (shiftedMonth + 2) % 12
  return {
    year: cycle * 4 + yearOfCycle + (month < 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  }
}
