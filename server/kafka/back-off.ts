import type { Clock } from '#server/contract/clock.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** Waits that begin with `firstMs` and double up to `mostMs`. */
export interface BackOff {
  firstMs: number
  mostMs: number
}

/**
 * Exponential delay with 20 % jitter (KIP-580), in milliseconds, never longer than `mostMs`. `attempt` counts from 0. As in
 * Kafka's `ExponentialBackoff` it is always `mostMs` where that is no more than `firstMs`.
 */
export function backOffMs(attempt: number, random: number, firstMs = 50, mostMs = 1_000): number {
  if (mostMs <= firstMs) return mostMs
  const plain = Math.min(firstMs * 2 ** Math.min(attempt, 30), mostMs)
  return Math.min(Math.round(plain * (0.8 + random * 0.4)), mostMs)
}

/**
 * Runs `attempt` again while it fails with a retriable KafkaError, until it succeeds, the deadline has passed or the
 * signal aborts; then the last error is thrown.
 */
export async function withRetries<Answer>(
  clock: Clock,
  options: {
    withinMs: number
    signal?: AbortSignal | undefined
    /** The wait after so many failures; that of `backOffMs` without it. */
    delayMs?: (failures: number) => number
    /** Hears why it is tried again, and how many failures there were before. */
    onRetry?: (why: KafkaError, failures: number) => void
  },
  attempt: (tried: number) => Promise<Answer>,
): Promise<Answer> {
  const { delayMs = (failures) => backOffMs(failures, clock.random()) } = options
  const deadline = clock.monotonic() + options.withinMs
  for (let tried = 0; ; tried++) {
    try {
      return await attempt(tried)
    } catch (error) {
      const again =
        error instanceof KafkaError && error.retriable && clock.monotonic() < deadline && !options.signal?.aborted
      if (!again) throw error
      options.onRetry?.(error, tried)
      await clock.sleep(delayMs(tried), options.signal)
    }
  }
}
