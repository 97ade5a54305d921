import type { LogRecord, LogSink } from '#server/observe/log-record.ts'

/** Knows the secret values that this process has resolved, and takes them out of text that leaves it (S-09). */
export interface Scrubber {
  /** Registers a value; returns a function that forgets it again. Values under four characters are ignored: they would blank out ordinary text. */
  add(secret: string): () => void
  scrub(text: string): string
}

export const MASK = '[hidden]'

/** Covers a value as it stands, as JSON text, URL-encoded, and as base64 and base64url at each of the three alignments. */
export function createScrubber(): Scrubber {
  const registered = new Map<string, { count: number; forms: readonly string[] }>()
  /** All of them, the longest first; undefined: to be put together by whoever needs them next. */
  let together: readonly string[] | undefined

  function forms(): readonly string[] {
    together ??= [...new Set([...registered.values()].flatMap((known) => known.forms))].sort(
      (a, b) => b.length - a.length,
    )
    return together
  }

  return {
    add(secret) {
      if (secret.length < 4) return () => {}
      const known = registered.get(secret) ?? { count: 0, forms: encodingsOf(secret) }
      known.count += 1
      if (known.count === 1) {
        registered.set(secret, known)
        together = undefined
      }
      let forgotten = false
      return () => {
        if (forgotten) return
        forgotten = true
        known.count -= 1
        if (known.count > 0) return
        registered.delete(secret)
        together = undefined
      }
    },
    scrub(text) {
      let clean = text
      for (const form of forms()) if (clean.includes(form)) clean = clean.replaceAll(form, MASK)
      return clean
    },
  }
}

/** A sink before `sink` that lets no registered secret through. */
export function scrubbed(scrubber: Scrubber, sink: LogSink): LogSink {
  return (record) => {
    const clean: LogRecord = { ...record, message: scrubber.scrub(record.message) }
    if (record.trace !== undefined) clean.trace = scrubber.scrub(record.trace)
    sink(clean)
  }
}

/** A copy of plain data in which every text is scrubbed; names of members stay. */
export function scrubTexts<Data>(data: Data, scrub: (text: string) => string): Data {
  const clean = (value: unknown): unknown => {
    if (typeof value === 'string') return scrub(value)
    if (Array.isArray(value)) return value.map(clean)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, clean(member)]))
  }
  return clean(data) as Data
}

function encodingsOf(secret: string): string[] {
  const plain = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), encodeURI(secret)]
  return [...plain, ...base64Forms(secret)].filter((form) => form.length >= 4)
}

/** The characters of the base64 text that depend on the secret alone, wherever it stands in what was encoded. */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret)
  if (bytes.length < 6) return []
  return [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const tail = (shift + bytes.length) % 3
    const own = text.slice(shift === 0 ? 0 : shift + 1, tail === 0 ? undefined : -1)
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')]
  })
}
