import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import type { ConfigSource } from '#server/runtime/config-resolver.ts'
import { lateAfter, unlessAborted } from '#server/runtime/unless-aborted.ts'

const leastWaitMs = 1_000
/** Who has not answered by then is asked again later. */
const answerWithinMs = 60_000
const firstRetryMs = 1_000
const mostRetryMs = 60_000

/**
 * Keeps the values of a running instance alive: leases are renewed, and what holds for a time is read again when that is
 * over. Calls `onStale` once, when values have changed or cannot be kept any longer: whoever uses them has to start anew.
 */
export function watchConfig(options: {
  sources: readonly ConfigSource[]
  onStale(source: string): void
  /** Aborts when the instance has ended. */
  signal: AbortSignal
  clock: Clock
  logger: Logger
}): void {
  const { clock, logger } = options
  const stale = new AbortController()
  const signal = AbortSignal.any([options.signal, stale.signal])

  async function watch({ name, data, again }: ConfigSource): Promise<void> {
    for (let ttlMs = data.ttlMs, failures = 0; ttlMs !== undefined && !signal.aborted; ) {
      await clock.sleep(Math.max(ttlMs, leastWaitMs), signal)
      if (signal.aborted) return
      try {
        using late = lateAfter(clock, answerWithinMs, 'the config provider')
        const asked = AbortSignal.any([signal, late.signal])
        ttlMs = await unlessAborted(asked, async () =>
          data.renew ? data.renew(asked) : unchangedFor(data, again, asked),
        )
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        logger.warn(`${name} could not be looked at again, what is known of it stays: ${messageOf(error)}`)
        ttlMs = backOffMs(failures++, clock.random(), firstRetryMs, mostRetryMs)
        continue
      }
      if (ttlMs === undefined && !signal.aborted) {
        stale.abort()
        options.onStale(name)
      }
    }
  }

  /** How long the same values hold from now on; undefined when there are others. */
  async function unchangedFor(
    data: ConfigSource['data'],
    again: ConfigSource['again'],
    asked: AbortSignal,
  ): Promise<number | undefined> {
    const now = await again(asked)
    const same =
      now.values.size === data.values.size && [...data.values].every(([key, value]) => now.values.get(key) === value)
    return same ? (now.ttlMs ?? data.ttlMs) : undefined
  }

  for (const source of options.sources) void watch(source)
}
