import { duration } from '#server/contract/duration.ts'

const scales: [number, string][] = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
]

/** 12431 → "12.4k"; below 10 000 the number is written out. Unknown is "–", zero is zero. */
export function compactNumber(value: number | undefined): string {
  if (value === undefined) return '–'
  if (Math.abs(value) < 10_000) return value.toLocaleString('en')
  const [unit, letter] = scales.find(([size]) => Math.abs(value) >= size) ?? [1, '']
  const scaled = value / unit
  return `${scaled >= 100 ? Math.round(scaled) : Number(scaled.toFixed(1))}${letter}`
}

/** Records a second: small rates with a digit more, because 0.4 is not 0. */
export function perSecond(rate: number | undefined): string {
  if (rate === undefined) return '–'
  return compactNumber(rate < 9.95 ? Number(rate.toFixed(1)) : Math.round(rate))
}

export function bytes(value: number): string {
  if (value < 1000) return `${value} B`
  const scaled = compactNumber(value < 10_000 ? value * 10 : value)
  return value < 10_000 ? `${(value / 1000).toFixed(1)} kB` : `${scaled}B`
}

/** How long something was down or took: "812 ms", "1.2 s", "4 min". */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : duration(ms)
}

/** "4 min ago", "now", "in 12 s". */
export function relativeTime(at: number, now: number): string {
  const difference = now - at
  if (Math.abs(difference) < 1500) return 'now'
  return difference > 0 ? `${duration(difference)} ago` : `in ${duration(-difference)}`
}

/** The exact time, as shown on focus and hover. */
export function exactTime(at: number): string {
  const date = new Date(at)
  const two = (n: number) => String(n).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${clockTime(at)}`
}

/** Time of day with milliseconds: for rows of records and log lines. */
export function clockTime(at: number): string {
  const date = new Date(at)
  const two = (n: number) => String(n).padStart(2, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** "1 task", "3 tasks". */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${compactNumber(n)} ${n === 1 ? noun : plural}`
}
