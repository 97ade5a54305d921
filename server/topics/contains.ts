import type { RawRecord } from '#server/topics/raw-record.ts'

export type RecordFilter = (record: Pick<RawRecord, 'key' | 'value'>) => boolean

/**
 * Whether a record's key or value contains a text, compared as UTF-8 bytes: the format in which it is shown plays no part,
 * and nothing is decoded for a record that is left out. Undefined when the text leaves nothing out.
 */
export function containing(text: string | undefined): RecordFilter | undefined {
  if (text === undefined || text === '') return undefined
  const needle = Buffer.from(text)
  return ({ key, value }) => Boolean(key?.includes(needle) || value?.includes(needle))
}
