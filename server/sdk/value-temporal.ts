import { asciiDigits } from '#server/sdk/ascii-digits.ts'
import { epochDay } from '#server/sdk/java-calendar.ts'
import { logical } from '#server/sdk/logical.ts'
import type { SchemaAndValue } from '#server/sdk/value.ts'

const dayMs = 86_400_000

/** More than a timestamp can take, each colon behind a backslash and each digit of two halves. */
const longest = 64

const datePart = /^\s*(\d+)-\s*(\d+)-\s*(\d+)/
const timePart = /^\s*(\d+):\s*(\d+):\s*(\d+)\.\s*(\d+)Z/

const schemas = { date: logical.date(), time: logical.time(), timestamp: logical.timestamp() }

/**
 * A text of the length of `yyyy-MM-dd`, `HH:mm:ss.SSS'Z'` or both as a Date, Time or Timestamp, as leniently as Java's
 * `SimpleDateFormat`: the 30th of February is the 2nd of March. Undefined for any other text.
 */
export function parseTemporal(given: string): SchemaAndValue | undefined {
  if (given.length > longest) return undefined
  const text = asciiDigits(given.replaceAll('\\:', ':'))
  if (text.length === 10) {
    const date = datePart.exec(text)
    return date ? found('date', days(date) * dayMs) : undefined
  }
  if (text.length === 13) {
    const time = timePart.exec(text)
    return time ? found('time', milliseconds(time)) : undefined
  }
  if (text.length !== 24) return undefined
  const date = datePart.exec(text)
  if (!date || text[date[0].length] !== 'T') return undefined
  const time = timePart.exec(text.slice(date[0].length + 1))
  return time ? found('timestamp', days(date) * dayMs + milliseconds(time)) : undefined
}

function found(kind: keyof typeof schemas, ms: number): SchemaAndValue | undefined {
  const value = new Date(ms)
  return Number.isNaN(value.getTime()) ? undefined : { schema: schemas[kind], value }
}

const milliseconds = ([, hours, minutes, seconds, ms]: RegExpExecArray) =>
  ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(ms)

const days = ([, year, month, day]: RegExpExecArray) => epochDay(Number(year), Number(month) - 1, Number(day))
