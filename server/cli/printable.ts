/** Text of records and messages as one line of a terminal: control characters as JavaScript writes them in a string. */
export const printable = (text: string): string =>
  text.replace(
    control,
    (character) => named[character] ?? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )

const named: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const control = /\p{Cc}/gu
