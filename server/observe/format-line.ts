import { contextOf, type LogRecord } from '#server/observe/log-record.ts'

export const logFormats = ['text', 'json'] as const
export type LogFormat = (typeof logFormats)[number]

/** One log record as one line, without the line end; in text format a trace follows on indented lines. */
export function formatLine(record: LogRecord, format: LogFormat): string {
  return format === 'json' ? asJson(record) : asText(record)
}

/** Kafka Connect's own layout: `[time] LEVEL [connector|task-0] message (logger)`. */
function asText(record: LogRecord): string {
  const code = record.code === undefined ? '' : ` [${record.code}]`
  const head = `[${new Date(record.at).toISOString()}] ${record.level} ${contextOf(record)}${record.message}${code} (${record.logger})`
  const trace = record.trace?.split('\n').map((line) => `\n\t${oneLine(line.trim())}`)
  return oneLine(head) + (trace?.join('') ?? '')
}

function asJson(record: LogRecord): string {
  const { at, ...rest } = record
  // JSON.stringify escapes line ends and control characters but for these: a terminal acts on C1 codes, and a viewer on bidi marks.
  return escapeUnseen(JSON.stringify({ time: new Date(at).toISOString(), ...rest }))
}

/** S-15: names and messages hold text from outside; nothing in them may end a line or move the cursor. */
const oneLine = (text: string): string =>
  escapeUnseen(text.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t'))

const unseen = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu
const escapeUnseen = (text: string): string =>
  text.replace(unseen, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
