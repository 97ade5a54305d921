import { ConversionPending } from '#server/sdk/conversion-pending.ts'
import { DataError } from '#server/sdk/data-error.ts'

/**
 * Answers that somebody else has to give, for callers that cannot wait: the first question throws `ConversionPending`, and
 * once that is settled every further one is answered from memory.
 */
export interface AskedOnce<Key, Answer> {
  /** Throws `ConversionPending`, or the `DataError` that the asking ended with. */
  get(key: Key, what: string, ask: (signal: AbortSignal) => Promise<Answer>): Answer
  readonly size: number
}

interface Entry<Answer> {
  answer?: Answer
  refusal?: DataError
  until: number
  served: boolean
}

/** How long it is believed that something does not exist or is not allowed. */
const refusalTtlMs = 10_000

/** Keeps the `size` answers asked for last, each for `ttlMs` at most. */
export function createAskedOnce<Key, Answer>({
  size,
  ttlMs = Number.POSITIVE_INFINITY,
  now = Date.now,
}: {
  size: number
  ttlMs?: number
  now?: () => number
}): AskedOnce<Key, Answer> {
  const known = new Map<Key, Entry<Answer>>()

  function keep(key: Key, entry: Entry<Answer>) {
    known.delete(key)
    const oldest = known.keys().next()
    if (known.size >= size && !oldest.done) known.delete(oldest.value)
    known.set(key, entry)
  }

  return {
    get(key, what, ask) {
      const entry = known.get(key)
      // Who asked is answered, however long that took.
      if (entry && (!entry.served || now() < entry.until)) {
        entry.served = true
        if (entry.refusal) throw entry.refusal
        return entry.answer as Answer
      }
      throw new ConversionPending(what, async (signal) => {
        try {
          keep(key, { answer: await ask(signal), until: now() + ttlMs, served: false })
        } catch (error) {
          if (!(error instanceof DataError)) throw error
          keep(key, { refusal: error, until: now() + refusalTtlMs, served: false })
        }
      })
    },
    get size() {
      return known.size
    },
  }
}
