import type { Clock } from '#server/contract/clock.ts'
import { messageOf } from '#server/contract/errors.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import type { RareWarnings } from '#server/runtime/task/rare-warnings.ts'
import type { TaskProgress } from '#server/runtime/task/task-progress.ts'
import { isPending } from '#server/sdk/conversion-pending.ts'
import { isRetriable } from '#server/sdk/data-error.ts'

export const convertingStage = 'converting records of'

/**
 * Resolves when what a conversion threw is settled and it may be tried again, however long the other system is away (I10);
 * rethrows what is no `ConversionPending`, and throws when the signal aborts. Why it waits is told all the time.
 */
export async function settleConversion(
  error: unknown,
  options: { signal: AbortSignal; progress: Pick<TaskProgress, 'failing'>; warn: RareWarnings; clock: Clock },
): Promise<void> {
  if (!isPending(error)) throw error
  const { signal, progress, warn, clock } = options
  progress.failing(convertingStage, messageOf(error))
  for (let failures = 0; ; failures++) {
    try {
      return await error.settle(signal)
    } catch (failure) {
      if (!isRetriable(failure) || signal.aborted) throw failure
      progress.failing(convertingStage, messageOf(failure))
      warn(convertingStage, `Records wait to be converted: ${messageOf(failure)}; it is tried again`, failure)
      await clock.sleep(backOffMs(failures, clock.random()), signal)
    }
  }
}
