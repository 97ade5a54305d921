/** The first bytes of a TLS alert, where the size of an answer should stand. */
const tlsAlert = 0x15

/** What begins as a text is no answer of a broker. */
function foreignWords(first: Buffer): string | undefined {
  const text = first.toString('latin1')
  if (!/^[\x20-\x7e]{4}$/.test(text)) return undefined
  const language = text === 'HTTP' ? 'in HTTP' : `with "${text}…"`
  return `it answers ${language}, not in Kafka's protocol: it is no broker, or this is another port of it`
}

/** Cuts a byte stream into frames. Each frame has memory of its own, because views into it outlive the chunk. */
export function createFrameReader(maxBytes: number, onFrame: (frame: Buffer) => void, onBad: (why: string) => void) {
  const size = Buffer.alloc(4)
  let sizeFilled = 0
  let frame: Buffer | undefined
  let filled = 0
  return {
    push(chunk: Buffer) {
      let at = 0
      while (at < chunk.length) {
        if (!frame) {
          const take = Math.min(4 - sizeFilled, chunk.length - at)
          chunk.copy(size, sizeFilled, at, at + take)
          sizeFilled += take
          at += take
          if (sizeFilled < 4) return
          sizeFilled = 0
          const bytes = size.readInt32BE(0)
          if (size[0] === tlsAlert && size[1] === 3)
            return onBad('it speaks TLS: security.protocol must be SSL or SASL_SSL')
          if (bytes < 4 || bytes > maxBytes) return onBad(foreignWords(size) ?? `a frame of ${bytes} bytes`)
          frame = Buffer.allocUnsafeSlow(bytes)
          filled = 0
        }
        const take = Math.min(frame.length - filled, chunk.length - at)
        chunk.copy(frame, filled, at, at + take)
        filled += take
        at += take
        if (filled === frame.length) {
          const whole = frame
          frame = undefined
          onFrame(whole)
        }
      }
    },
  }
}
