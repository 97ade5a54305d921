/** Quotes, backslashes, control characters and halves of pairs: all but what stands here. */
const unsafe = /[^ !#-[\]-\ud7ff\ue000-\uffff]/
const everyUnsafe = new RegExp(unsafe, 'g')

const short: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
}

const escaped = (character: string) =>
  short[character] ?? `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`

/**
 * A string as Kafka Connect's JSON writes it: control characters in upper-case hex, a character beyond U+FFFF as the two
 * escapes of its halves, everything else as it is.
 */
export const quoteJson = (text: string): string =>
  unsafe.test(text) ? `"${text.replace(everyUnsafe, escaped)}"` : `"${text}"`
