import type { ShownBytes, TopicRecord } from '#server/contract/topics.ts'

/** Records as JSON, one a line: JSON values as they stand, with every digit, text as text, other bytes as hex. */
export const jsonLines = (topic: string, records: readonly TopicRecord[]): string =>
  records.map((record) => `${line(topic, record)}\n`).join('')

const line = (topic: string, { partition, offset, timestamp, key, value, headers }: TopicRecord): string =>
  object({
    topic: JSON.stringify(topic),
    partition: String(partition),
    offset: String(offset),
    timestamp: JSON.stringify(new Date(timestamp).toISOString()),
    key: jsonOf(key),
    value: jsonOf(value),
    headers: `[${headers.map(({ name, value: of }) => object({ name: JSON.stringify(name), value: jsonOf(of) })).join(',')}]`,
  })

/** Of members that are JSON already. */
const object = (members: Record<string, string>): string =>
  `{${Object.entries(members)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join(',')}}`

/** What is cut short is no JSON any more: it stays a text. */
function jsonOf(shown: ShownBytes | null): string {
  if (!shown) return 'null'
  return shown.format === 'json' && !shown.truncated
    ? shown.text.replaceAll(/[\r\n]+/g, ' ')
    : JSON.stringify(shown.text)
}
