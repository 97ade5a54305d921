import { type ReadQuery, type RecordFormat, recordFormats } from '#server/contract/topics.ts'

/** Where a page of records begins, as the URL says it: `newest`, `oldest`, `offset:12`, `time:1700000000000`. */
export function parseFrom(text: string | null): ReadQuery['from'] {
  const [at, value] = (text ?? '').split(':')
  const number = Number(value)
  if (at === 'oldest') return { at }
  if (at === 'offset' && Number.isSafeInteger(number) && number >= 0) return { at, offset: number }
  if (at === 'time' && Number.isFinite(number)) return { at, ms: number }
  return { at: 'newest' }
}

export function printFrom(from: ReadQuery['from']): string | null {
  switch (from.at) {
    case 'newest':
      return null
    case 'oldest':
      return 'oldest'
    case 'offset':
      return `offset:${from.offset}`
    case 'time':
      return `time:${from.ms}`
  }
}

export const parseFormat = (text: string | null): RecordFormat => recordFormats.find((each) => each === text) ?? 'auto'

/** A partition number of the URL; undefined means all. */
export function parsePartition(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined
}

/** The fields that stand as columns, as the URL says them: each encoded, with commas between. */
export const parseColumns = (text: string | null): string[] => [
  ...new Set(
    (text ?? '')
      .split(',')
      .filter((each) => each !== '')
      .map(decoded),
  ),
]

export const printColumns = (columns: readonly string[]): string => columns.map(encodeURIComponent).join(',')

/** A link that somebody cut or changed by hand still shows what can be read of it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
