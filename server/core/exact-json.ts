/** Reads JSON without losing a digit: an integer that a double cannot hold becomes a `bigint`. Throws SyntaxError. */
export function parseExact(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
      ? BigInt(context?.source ?? '')
      : value,
  )
}

/**
 * Compact JSON in the very bytes that Kafka Connect's JsonConverter writes: keys in their order, non-ASCII as it is,
 * control characters in upper-case hex, a `bigint` as a number.
 */
export function writeExact(value: unknown): string {
  const text = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? (JSON as JsonWithRaw).rawJSON(item.toString()) : item,
  )
  return text.replace(/\\u00([01][a-f0-9])/g, (found, hex: string, at: number) =>
    isEscaped(text, at) ? found : `\\u00${hex.toUpperCase()}`,
  )
}

/** Whether the backslash at `at` is itself escaped, as in the text `\\u001f` of a string that holds a backslash. */
function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 1
}

/** TypeScript does not know this part of the language yet. */
type JsonWithRaw = typeof JSON & { rawJSON(text: string): unknown }

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
