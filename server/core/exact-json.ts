import { doubleText } from '#server/sdk/java-number.ts'
import { quoteJson } from '#server/sdk/json-quote.ts'

/** Reads JSON without losing a digit: an integer that a double cannot hold becomes a `bigint`. Throws SyntaxError. */
export function parseExact(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? '')
      : value,
  )
}

/**
 * Compact JSON in the very bytes that Kafka Connect's JsonConverter writes: keys in their order, strings escaped as it
 * escapes them, a `bigint` as a number. Members that are undefined are left out.
 */
export function writeExact(value: unknown): string {
  if (typeof value === 'string') return quoteJson(value)
  if (typeof value === 'number') return Number.isSafeInteger(value) ? `${value}` : doubleText(value)
  if (typeof value !== 'object' || value === null) return `${value}`
  if (Array.isArray(value)) return `[${value.map(writeExact).join(',')}]`
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{${members.map(([name, member]) => `${quoteJson(name)}:${writeExact(member)}`).join(',')}}`
}

/** A JSON object as records of the internal topics hold it; anything else, broken text included, is undefined. */
export function readObject(text: string | null): Record<string, unknown> | undefined {
  if (text === null) return undefined
  try {
    const value = parseExact(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined // the caller says which record it was
  }
}
