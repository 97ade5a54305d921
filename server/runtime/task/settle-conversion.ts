import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import { isPending } from '#server/sdk/conversion-pending.ts'
import { isRetriable } from '#server/sdk/data-error.ts'

/**
 * Resolves when what a conversion threw is settled and it may be tried again, however long the other system is away (I10);
 * rethrows what is no `ConversionPending`, and throws when the signal aborts.
 */
export async function settleConversion(
  error: unknown,
  { signal, clock, logger }: { signal: AbortSignal; clock: Clock; logger: Logger },
): Promise<void> {
  if (!isPending(error)) throw error
  for (let failures = 0; ; failures++) {
    try {
      return await error.settle(signal)
    } catch (failure) {
      if (!isRetriable(failure) || signal.aborted) throw failure
      logger.warn(`Records wait to be converted: ${messageOf(failure)}; it is tried again`, { error: failure })
      await clock.sleep(backOffMs(failures, clock.random()), signal)
    }
  }
}
