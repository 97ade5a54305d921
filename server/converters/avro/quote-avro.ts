/** A text in JSON as Avro's own classes print it: control characters in upper-case hex, everything else as it is. */
export const quoteAvro = (text: string): string =>
  JSON.stringify(text).replace(/\\(?:u[0-9a-f]{4}|.)/g, (part) =>
    part.length === 6 ? `\\u${part.slice(2).toUpperCase()}` : part,
  )
