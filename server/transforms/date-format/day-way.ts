/** Fields that tell a day: of the month, month, of the year, weeks of year and month, day of the week, which one in the month. */
export type DayField = 'd' | 'M' | 'D' | 'w' | 'W' | 'E' | 'F'

/** Which field tells the day, and the day of the week that it needs besides. */
export interface DayWay {
  readonly field: 'd' | 'D' | 'w' | 'W' | 'F'
  readonly weekday: number | undefined
}

type Fields = ReadonlyMap<string, number>

/** When a field was read, counted from 1; 0 for one that was not. */
function stampOf(set: Fields, field: string): number {
  return [...set.keys()].indexOf(field) + 1
}

export const isLater = (set: Fields, a: string, b: string): boolean => stampOf(set, a) > stampOf(set, b)

/**
 * The way to the day that was completed last (Java: `GregorianCalendar`): a day of month or year by itself, a week with a
 * day of the week; when none is complete, what there is of one.
 */
export function dayWay(set: Fields): DayWay {
  const stamp = (field: DayField) => stampOf(set, field)
  const withWeekday = (field: DayField) => (stamp(field) && stamp('E') ? Math.max(stamp(field), stamp('E')) : 0)
  let month = stamp('d')
  const year = stamp('D')
  let ofMonth = withWeekday('W')
  let inMonth = withWeekday('F')
  let ofYear = withWeekday('w')
  let best = Math.max(month, year, ofMonth, inMonth, ofYear)
  if (best === 0) {
    ofMonth = stamp('W')
    inMonth = Math.max(stamp('F'), stamp('E'))
    ofYear = stamp('w')
    best = Math.max(ofMonth, inMonth, ofYear)
    if (best === 0) best = month = stamp('M')
  }
  const weekday = set.get('E')
  if (best === month) return { field: 'd', weekday }
  const inItsMonth = (best === ofMonth && stamp('W') >= stamp('w')) || (best === inMonth && stamp('F') >= stamp('w'))
  if (inItsMonth) {
    const byWeek = ofMonth === inMonth ? stamp('W') >= stamp('F') : best === ofMonth
    return { field: byWeek ? 'W' : 'F', weekday }
  }
  return { field: best === year ? 'D' : 'w', weekday }
}
