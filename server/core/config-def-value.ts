import type { FieldType } from '#server/contract/config-field.ts'
import { javaTrim } from '#server/contract/java-trim.ts'
import { doubleText } from '#server/sdk/java-number.ts'

/** What a text became under a field's type: the typed value and its canonical text, or why it could not be read. */
export type ParsedValue =
  | { ok: true; value: unknown; text: string }
  /** `message` is the part after `Invalid value x for configuration y: `. */
  | { ok: false; message: string }

/** The text of a PASSWORD wherever a value is shown. */
const HIDDEN = '[hidden]'

/** Reads one setting as Kafka's `ConfigDef.parseType` does; every type trims first. */
export function parseValue(type: FieldType, raw: string): ParsedValue {
  const text = javaTrim(raw)
  switch (type) {
    case 'STRING':
    case 'CLASS':
      return { ok: true, value: text, text }
    case 'PASSWORD':
      return { ok: true, value: text, text: HIDDEN }
    case 'LIST': {
      const value = text === '' ? [] : text.split(/\s*,\s*/)
      return { ok: true, value, text: value.join(',') }
    }
    case 'BOOLEAN': {
      const lower = text.toLowerCase()
      return lower === 'true' || lower === 'false'
        ? { ok: true, value: lower === 'true', text: lower }
        : { ok: false, message: 'Expected value to be either true or false' }
    }
    case 'SHORT':
      return parseInteger(type, text, 15n)
    case 'INT':
      return parseInteger(type, text, 31n)
    case 'LONG':
      return parseInteger(type, text, 63n)
    case 'DOUBLE':
      return parseDouble(text)
  }
}

function parseInteger(type: FieldType, text: string, bits: bigint): ParsedValue {
  const bad: ParsedValue = { ok: false, message: `Not a number of type ${type}` }
  if (!/^[+-]?\d{1,25}$/.test(text)) return bad
  const value = BigInt(text.replace('+', ''))
  const limit = 1n << bits
  if (value < -limit || value >= limit) return bad
  return { ok: true, value: Number(value), text: value.toString() }
}

function parseDouble(text: string): ParsedValue {
  // Java's `Double.parseDouble` takes a type suffix and these three words.
  const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?$/.test(text) || /^[+-]?(NaN|Infinity)$/.test(text)
  if (!number) return { ok: false, message: 'Not a number of type DOUBLE' }
  const value = Number(/(NaN|Infinity)$/.test(text) ? text : text.replace(/[dDfF]$/, ''))
  return { ok: true, value, text: doubleText(value) }
}

/** The canonical text of a typed value or default, null when there is none. */
export function renderValue(type: FieldType, value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (type === 'PASSWORD') return HIDDEN
  if (type === 'LIST' && Array.isArray(value)) return value.join(',')
  if (type === 'DOUBLE' && typeof value === 'number') return doubleText(value)
  return String(value)
}
