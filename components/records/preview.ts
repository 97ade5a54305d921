import type { ShownBytes } from '#server/contract/topics.ts'

/** A record's key or value on one line; null is Kafka's tombstone. Text that is JSON loses its white space. */
export function onOneLine(shown: ShownBytes | null): string {
  if (!shown) return 'null'
  return shown.text.slice(0, 400).replace(/\s+/g, ' ')
}

/** Connect's JSON envelope `{"schema":…,"payload":…}` hides the value that people look for: the payload is what they mean. */
export function payloadOf(shown: ShownBytes | null): string {
  if (shown?.format !== 'json' || shown.truncated) return onOneLine(shown)
  try {
    const value: unknown = JSON.parse(shown.text)
    if (isEnvelope(value)) return JSON.stringify(value.payload)
  } catch {
    // Shown as it is.
  }
  return onOneLine(shown)
}

/** The whole text, indented when it is JSON. */
export function indented(shown: ShownBytes | null): string {
  if (!shown) return 'null'
  if (shown.format !== 'json' || shown.truncated) return shown.text
  try {
    return JSON.stringify(JSON.parse(shown.text), null, 2)
  } catch {
    return shown.text
  }
}

function isEnvelope(value: unknown): value is { schema: unknown; payload: unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === 2 &&
    'schema' in value &&
    'payload' in value
  )
}
