import type { Clock } from '#server/contract/clock.ts'

/** What pages show, by the first word of their queries. */
export const nouns = ['cluster', 'clusters', 'connectors', 'history', 'topics', 'views', 'workers'] as const
export type Noun = (typeof nouns)[number]

/** An event for the browser: what changed since its last one, and why the rest may be old (null when all is well). */
export interface LiveEvent {
  changed: Noun[]
  reason: string | null
}

/** One look at a cluster: texts that differ when what they stand for differs. */
export interface Look {
  parts: Partial<Record<Noun, string>>
  reason: string | null
}

/** The events of one cluster for any number of browsers. */
export interface LiveFeed {
  /** Goes on behind the event `lastId`, of this feed or another one, until the signal aborts. */
  follow(lastId: string | undefined, signal: AbortSignal): AsyncGenerator<{ id: string; event: LiveEvent }>
  /** Something was done: say so at once, and look again now. */
  tell(changed: readonly Noun[]): void
}

const pauseMs = 1_000
/** A cluster that takes long to look at is looked at less often: a fifth of the time, and no longer apart than a page may be old. */
const pauseFactor = 4
const longestPauseMs = 10_000

/** Waiting for workers that do not answer is no work for them: who is back is seen at once. */
const pauseAfter = ({ reason }: Look, tookMs: number) =>
  reason === null ? Math.min(Math.max(pauseMs, tookMs * pauseFactor), longestPauseMs) : pauseMs

/**
 * One poller for all browsers, running only while somebody follows. What changed is kept as one number a noun, never as
 * a queue: a slow or returning browser gets everything it missed in one event, and memory does not grow (I12).
 *
 * @param look never rejects; what failed stands in its `reason`
 * @param epoch tells this feed's ids from those of another one
 */
export function createLiveFeed(options: {
  look: () => Promise<Look>
  epoch: string
  clock: Clock
  onIdle: () => void
}): LiveFeed {
  const { look, epoch, clock } = options
  const changedAt = new Map<Noun, number>()
  const waiting = new Set<() => void>()
  let version = 0
  let looked = false
  let reason: string | null = null
  let parts: Look['parts'] = {}
  let followers = 0
  let idle = new AbortController()
  let hurry = new AbortController()

  function advance(changed: readonly Noun[]) {
    version++
    for (const noun of changed) changedAt.set(noun, version)
    for (const wake of [...waiting]) wake()
  }

  async function watch(signal: AbortSignal) {
    while (!signal.aborted) {
      hurry = new AbortController()
      const begin = clock.monotonic()
      const seen = await look()
      if (signal.aborted) return
      const changed = nouns.filter((noun) => seen.parts[noun] !== undefined && seen.parts[noun] !== parts[noun])
      const first = !looked
      parts = { ...parts, ...seen.parts }
      reason = seen.reason
      looked = true
      advance(first ? [] : changed)
      const tookMs = clock.monotonic() - begin
      await clock.sleep(pauseAfter(seen, tookMs), AbortSignal.any([signal, hurry.signal]))
    }
  }

  const versionOf = (lastId: string | undefined): number => {
    if (lastId === undefined) return version
    const [place = '', number = ''] = lastId.split('.')
    return place === epoch && /^\d+$/.test(number) ? Number(number) : -1
  }

  return {
    async *follow(lastId, signal) {
      let seen = versionOf(lastId)
      let fresh = true
      followers++
      if (followers === 1) {
        idle = new AbortController()
        void watch(idle.signal)
      }
      try {
        while (!signal.aborted) {
          if (looked && (fresh || version > seen)) {
            const since = seen
            const changed = since < 0 ? [...nouns] : nouns.filter((noun) => (changedAt.get(noun) ?? 0) > since)
            fresh = false
            seen = version
            yield { id: `${epoch}.${seen}`, event: { changed, reason } }
          } else await woken(signal)
        }
      } finally {
        followers--
        if (followers === 0) {
          idle.abort()
          options.onIdle()
        }
      }
    },
    tell(changed) {
      advance(changed)
      hurry.abort()
    },
  }

  function woken(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        waiting.delete(wake)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      waiting.add(wake)
      signal.addEventListener('abort', wake)
    })
  }
}
