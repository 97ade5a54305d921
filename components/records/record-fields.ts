import { membersOf } from '#components/records/json-text.ts'
import { payloadTextOf } from '#components/records/preview.ts'
import type { TopicRecord } from '#server/contract/topics.ts'

/** Deeper objects are shown whole, as one field. */
const deepest = 3
/** Fields are looked for in the newest records only: they repeat. */
const looked = 30

const known = new WeakMap<TopicRecord, ReadonlyMap<string, string>>()

/** The fields of a record's value by their dotted path, as a person reads them; none when the value is no JSON object. */
export function fieldsOf(record: TopicRecord): ReadonlyMap<string, string> {
  const found = known.get(record)
  if (found) return found
  const fields = new Map<string, string>()
  const text = payloadTextOf(record.value)
  if (text !== undefined) collect(text, '', 1, fields)
  known.set(record, fields)
  return fields
}

/** Every field that some of the records have, in the order in which they first come. */
export function fieldPaths(records: readonly TopicRecord[]): string[] {
  return [...new Set(records.slice(-looked).flatMap((record) => [...fieldsOf(record).keys()]))]
}

function collect(text: string, prefix: string, depth: number, fields: Map<string, string>) {
  for (const [name, value] of membersOf(text) ?? []) {
    const path = `${prefix}${name}`
    if (depth < deepest && value.startsWith('{') && value !== '{}') collect(value, `${path}.`, depth + 1, fields)
    else if (!fields.has(path)) fields.set(path, readable(value))
  }
}

/** A text without its quotes; everything else as it stands, with every digit. */
function readable(json: string): string {
  const value: unknown = json.startsWith('"') ? JSON.parse(json) : undefined
  return typeof value === 'string' ? value : json
}
