import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import { errorReport, errorSettings, type Stage } from '#server/core/error-policy.ts'
import type { RecordMetric } from '#server/observe/task-recorder.ts'
import { isPending } from '#server/sdk/conversion-pending.ts'

/** What happens to a record that cannot be handled (KIP-298). */
export interface Tolerance {
  /**
   * Runs a step for one record; with `errors.tolerance=all` a failure answers undefined, else it is thrown. `describe`
   * tells which record it was, where `errors.log.include.messages` asks for it. A `ConversionPending` is no failure: it is
   * thrown on.
   */
  attempt<Result>(stage: Stage, pluginClass: string, step: () => Result, describe: () => string): Result | undefined
  /** A record that Kafka refused: true when it is to be left out. */
  refused(pluginClass: string, error: unknown, describe: () => string): boolean
}

export function createTolerance(options: {
  taskName: string
  config: Readonly<Record<string, string>>
  record: RecordMetric
  clock: Pick<Clock, 'now'>
  logger: Logger
}): Tolerance {
  const { taskName, record, logger } = options
  const settings = errorSettings(options.config)
  const tolerant = settings.tolerance === 'all'

  /** The fatal record of a task that tolerates nothing is reported, too. */
  function report(stage: Stage, pluginClass: string, error: unknown, describe: () => string) {
    record('total-record-failures', 1)
    record('total-record-errors', 1)
    record('last-error-timestamp', options.clock.now())
    if (tolerant) record('total-records-skipped', 1)
    if (!settings.log) return
    record('total-errors-logged', 1)
    logger.error(errorReport(taskName, stage, pluginClass, settings.logMessages ? describe() : undefined), { error })
  }

  return {
    attempt(stage, pluginClass, step, describe) {
      try {
        return step()
      } catch (cause) {
        if (isPending(cause)) throw cause
        report(stage, pluginClass, cause, describe)
        // I14: what cannot be represented is an error; it is left out only when the connector's config says so.
        if (!tolerant) throw new Error('Tolerance exceeded in error handler', { cause })
        return undefined
      }
    },
    refused(pluginClass, error, describe) {
      if (tolerant) report('KAFKA_PRODUCE', pluginClass, error, describe)
      return tolerant
    },
  }
}
