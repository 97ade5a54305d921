import { indentJson, membersOf } from '#components/records/json-text.ts'
import type { ShownBytes } from '#server/contract/topics.ts'

/** A record's key or value on one line; null is Kafka's tombstone. Text that is JSON loses its white space. */
function onOneLine(shown: ShownBytes | null): string {
  if (!shown) return 'null'
  return shown.text.slice(0, 400).replace(/\s+/g, ' ')
}

/** Connect's JSON envelope `{"schema":…,"payload":…}` hides the value that people look for: the payload is what they mean. */
export function payloadOf(shown: ShownBytes | null): string {
  if (shown?.format !== 'json' || shown.truncated) return onOneLine(shown)
  const members = membersOf(shown.text)
  const payload = members?.size === 2 && members.has('schema') ? members.get('payload') : undefined
  return payload === undefined ? onOneLine(shown) : onOneLine({ ...shown, text: payload })
}

/** The whole text, indented when it is JSON. */
export function indented(shown: ShownBytes | null): string {
  if (!shown) return 'null'
  if (shown.format !== 'json' || shown.truncated) return shown.text
  return indentJson(shown.text) ?? shown.text
}
