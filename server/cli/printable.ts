/** Text of records and messages as one line of a terminal: control characters as JavaScript writes them in a string. */
export const printable = (text: string): string =>
  text.replace(
    control,
    (character) => named[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )

/** The same of a text that goes on for lines. */
export const onOneLine = (text: string): string => printable(text.trim().replace(/\s*\n\s*/g, ' '))

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const control = /\p{Cc}/gu
