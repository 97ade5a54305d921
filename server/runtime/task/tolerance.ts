import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import { errorReport, errorSettings, retryDelayMs, type Stage } from '#server/core/error-policy.ts'
import type { RecordMetric } from '#server/observe/task-recorder.ts'
import type { Failure } from '#server/runtime/task/dead-letter.ts'
import type { DeadLetters } from '#server/runtime/task/dead-letters.ts'
import type { RecordAtHand } from '#server/runtime/task/record-at-hand.ts'
import { RetryLater } from '#server/runtime/task/retry-later.ts'
import { isPending } from '#server/sdk/conversion-pending.ts'
import { isRetriable } from '#server/sdk/data-error.ts'

/** What happens to a record that cannot be handled (KIP-298; Kafka: `RetryWithToleranceOperator`). */
export interface Tolerance {
  /**
   * Runs a step for one record. A `ConversionPending` is no failure and is thrown on; a retriable error within
   * `errors.retry.timeout` becomes one, whose `settle` is the wait before the record is to be tried again. With
   * `errors.tolerance=all` any other failure answers undefined, else it is thrown. `nth` tells the plugins of one stage apart.
   */
  attempt<Result>(
    stage: Stage,
    pluginClass: string,
    step: () => Result,
    record: RecordAtHand,
    nth?: number,
  ): Result | undefined
  /** Records that Kafka refused: true when they are to be left out. */
  refused(pluginClass: string, error: unknown, records: RecordAtHand): boolean
  /**
   * A record that a sink reports (KIP-610). Resolves when its dead letter is durable; throws, at once, where nothing is
   * tolerated.
   */
  errant(error: unknown, record: RecordAtHand): Promise<void>
}

const sinkTaskClass = 'org.apache.kafka.connect.sink.SinkTask'
const exceeded = (cause: unknown) => new Error('Tolerance exceeded in error handler', { cause })

export interface ToleranceOptions {
  taskName: string
  config: Readonly<Record<string, string>>
  /** Where a sink's records go that are beyond it. */
  deadLetters?: DeadLetters | undefined
  record: RecordMetric
  clock: Clock
  logger: Logger
}

export function createTolerance(options: ToleranceOptions): Tolerance {
  const { taskName, deadLetters, record, clock, logger } = options
  const settings = errorSettings(options.config)
  const tolerant = settings.tolerance === 'all'
  /** The record that is being tried again, and how often each of its steps was. */
  let retried: { record: RecordAtHand; steps: Map<string, { since: number; attempts: number }> } | undefined

  /** Also the record that ends a task is reported. Resolves when the report is durable. */
  function report(failure: Failure, about: RecordAtHand): Promise<void> {
    record('total-record-errors', 1)
    record('last-error-timestamp', clock.now())
    if (tolerant) record('total-records-skipped', 1)
    if (settings.log) {
      const { stage, pluginClass, error } = failure
      record('total-errors-logged', 1)
      logger.error(errorReport(taskName, stage, pluginClass, settings.logMessages ? about.describe() : undefined), {
        error,
      })
    }
    const consumed = deadLetters && about.consumed?.()
    if (!consumed) return Promise.resolve()
    const written = deadLetters.write(consumed, failure)
    // Who commits asks the letters themselves, so nobody has to wait here.
    written.catch(() => undefined)
    return written
  }

  /** The wait before the record may be tried again; undefined when its time is up. */
  function delayOf(about: RecordAtHand, step: string): number | undefined {
    if (retried?.record !== about) retried = { record: about, steps: new Map() }
    const tried = retried.steps.get(step) ?? { since: clock.monotonic(), attempts: 0 }
    retried.steps.set(step, tried)
    tried.attempts++
    return retryDelayMs(tried.attempts, clock.monotonic() - tried.since, settings, clock.random())
  }

  return {
    attempt(stage, pluginClass, step, about, nth = 0) {
      try {
        return step()
      } catch (error) {
        if (isPending(error)) throw error
        record('total-record-failures', 1)
        const delayMs = isRetriable(error) ? delayOf(about, `${stage} ${nth}`) : undefined
        if (delayMs !== undefined) {
          record('total-retries', 1)
          throw new RetryLater(clock, clock.monotonic() + delayMs, error)
        }
        void report({ stage, pluginClass, error }, about)
        // I14: what cannot be represented is an error; it is left out only when the connector's config says so.
        if (!tolerant) throw exceeded(error)
        return undefined
      }
    },
    refused(pluginClass, error, records) {
      if (!tolerant) return false
      record('total-record-failures', 1)
      void report({ stage: 'KAFKA_PRODUCE', pluginClass, error }, records)
      return true
    },
    errant(error, about) {
      record('total-record-failures', 1)
      const written = report({ stage: 'TASK_PUT', pluginClass: sinkTaskClass, error }, about)
      if (!tolerant) throw exceeded(error)
      return written
    },
  }
}
