import type { Clock } from '#server/contract/clock.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** Exponential delay with 20 % jitter (KIP-580), in milliseconds. `attempt` counts from 0. */
export function backOffMs(attempt: number, random: number, firstMs = 50, mostMs = 1_000): number {
  const plain = Math.min(firstMs * 2 ** Math.min(attempt, 30), mostMs)
  return Math.round(plain * (0.8 + random * 0.4))
}

/**
 * Runs `attempt` again while it fails with a retriable KafkaError, until it succeeds, the deadline has passed or the
 * signal aborts; then the last error is thrown.
 */
export async function withRetries<Answer>(
  clock: Clock,
  options: { withinMs: number; signal?: AbortSignal },
  attempt: (tried: number) => Promise<Answer>,
): Promise<Answer> {
  const deadline = clock.monotonic() + options.withinMs
  for (let tried = 0; ; tried++) {
    try {
      return await attempt(tried)
    } catch (error) {
      const again =
        error instanceof KafkaError && error.retriable && clock.monotonic() < deadline && !options.signal?.aborted
      if (!again) throw error
      await clock.sleep(backOffMs(tried, clock.random()), options.signal)
    }
  }
}
