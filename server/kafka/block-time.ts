import type { Clock } from '#server/contract/clock.ts'

/**
 * Work that waits for Kafka or for memory, for at most `maxBlockMs` (Kafka: `max.block.ms`). When that is over its signal
 * aborts and this rejects with what `late` makes; the work must change nothing then, whatever comes of it.
 */
export async function withinBlockTime<Answer>(
  clock: Clock,
  { maxBlockMs, signal }: { maxBlockMs: number; signal?: AbortSignal | undefined },
  work: (signal: AbortSignal | undefined) => Promise<Answer>,
  late: () => Error,
): Promise<Answer> {
  if (maxBlockMs === Number.POSITIVE_INFINITY) return work(signal)
  const over = new AbortController()
  try {
    const working = work(signal ? AbortSignal.any([signal, over.signal]) : over.signal)
    const timeUp = clock.sleep(maxBlockMs, over.signal).then(() => {
      throw late()
    })
    return await Promise.race([working, timeUp])
  } finally {
    over.abort()
  }
}
