import { parseDatePattern } from '#server/transforms/date-format/date-pattern.ts'
import { formatDate } from '#server/transforms/date-format/format-date.ts'
import { parseDate } from '#server/transforms/date-format/parse-date.ts'

/** Moments as texts and back, by a pattern of Java's `SimpleDateFormat`, in UTC and English. */
export interface DateFormat {
  /** `ms` since the epoch. */
  format(ms: number): string
  /** Milliseconds since the epoch; undefined for a text that does not match. */
  parse(text: string): number | undefined
}

/** Throws `IllegalArgumentError` for what is no pattern. Years of two digits are taken for the last 80 and the next 20. */
export function createDateFormat(pattern: string): DateFormat {
  const parts = parseDatePattern(pattern)
  const now = new Date()
  const centuryStartMs = now.setUTCFullYear(now.getUTCFullYear() - 80)
  return {
    format: (ms) => formatDate(parts, ms),
    parse: (text) => parseDate(parts, text, centuryStartMs),
  }
}
