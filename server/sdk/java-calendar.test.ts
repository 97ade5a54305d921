import fc from 'fast-check'
import { expect, test } from 'vitest'
import { calendarDate, epochDay } from '#server/sdk/java-calendar.ts'

test('counts days forth and back over both calendars', () => {
  fc.assert(
    fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), (day) => {
      const { year, month, day: ofMonth } = calendarDate(day)
      expect(epochDay(year, month, ofMonth)).toBe(day)
    }),
  )
})

test('goes from the 4th to the 15th of October 1582, as Java does', () => {
  expect(calendarDate(-141_428)).toEqual({ year: 1582, month: 9, day: 4 })
  expect(calendarDate(-141_427)).toEqual({ year: 1582, month: 9, day: 15 })
})

test('lets months and days run over', () => {
  expect(epochDay(2020, 12, 45)).toBe(epochDay(2021, 1, 14))
  expect(epochDay(2020, -2, -2)).toBe(Date.UTC(2019, 9, 29) / 86_400_000)
})
