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
  const known = new Map<Key, { answer?: Answer; refusal?: DataError; until: number }>()

  function keep(key: Key, entry: { answer?: Answer; refusal?: DataError; until: number }) {
    known.delete(key)
    const oldest = known.keys().next()
    if (known.size >= size && !oldest.done) known.delete(oldest.value)
    known.set(key, entry)
  }

  return {
    get(key, what, ask) {
      const entry = known.get(key)
      if (entry && now() < entry.until) {
        if (entry.refusal) throw entry.refusal
        return entry.answer as Answer
      }
      throw new ConversionPending(what, async (signal) => {
        try {
          keep(key, { answer: await ask(signal), until: now() + ttlMs })
        } catch (error) {
          if (!(error instanceof DataError)) throw error
          keep(key, { refusal: error, until: now() + refusalTtlMs })
        }
      })
    },
    get size() {
      return known.size
    },
  }
}
