/** Space between groups of four, and nothing else, may stand in the text; the padding may not be left out. */
const groups = /^(?:[^!-\uffff]*[A-Za-z0-9+/]{2}(?:[A-Za-z0-9+/]{2}|[A-Za-z0-9+/]=|==))*[^!-\uffff]*$/

/** The bytes of a base64 text as strictly as Kafka Connect's JSON reads it; undefined when it is none. */
export function readBase64(text: string): Buffer | undefined {
  if (!groups.test(text)) return undefined
  const packed = text.replace(/[^!-\uffff]+/g, '')
  const padding = packed.indexOf('=')
  if (padding < 0 || padding >= packed.length - 2) return Buffer.from(packed, 'base64')
  // Padding inside ends only its own group.
  return Buffer.concat((packed.match(/.{4}/g) ?? []).map((group) => Buffer.from(group, 'base64')))
}
