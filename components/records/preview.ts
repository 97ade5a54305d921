import { indentJson, membersOf } from '#components/records/json-text.ts'
import type { ShownBytes } from '#server/contract/topics.ts'

/** A record's key or value on one line; null is Kafka's tombstone. Text that is JSON loses its white space. */
function onOneLine(shown: ShownBytes | null): string {
  if (!shown) return 'null'
  return shown.text.slice(0, 400).replace(/\s+/g, ' ')
}

/**
 * The JSON that people look for in a value; undefined when it is none, or not all of it is here. Connect's envelope
 * `{"schema":…,"payload":…}` hides it: the payload is what they mean.
 */
export function payloadTextOf(shown: ShownBytes | null): string | undefined {
  if (shown?.format !== 'json' || shown.truncated) return undefined
  const members = membersOf(shown.text)
  const payload = members?.size === 2 && members.has('schema') ? members.get('payload') : undefined
  return payload ?? shown.text
}

export function payloadOf(shown: ShownBytes | null): string {
  const text = payloadTextOf(shown)
  return onOneLine(shown && text !== undefined ? { ...shown, text } : shown)
}

/** The whole text, indented when it is JSON. */
export function indented(shown: ShownBytes | null): string {
  if (!shown) return 'null'
  if (shown.format !== 'json' || shown.truncated) return shown.text
  return indentJson(shown.text) ?? shown.text
}
