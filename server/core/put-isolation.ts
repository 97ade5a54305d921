import { connectorOrWorker } from '#server/core/connector-or-worker.ts'
import { errorSettings } from '#server/core/error-policy.ts'

/** The key, of a worker and of a connector, that lets a failing `put` be repeated with parts of its batch. */
export const isolatePutKey = 'sluice.put.isolate.errors'
/** How many of a hundred records may be left out in the long run. */
export const isolateMostKey = 'sluice.put.isolate.max.percent'
export const defaultIsolateMost = 1

/** So many may be left out at once, whatever was taken before. */
const atOnce = 10

/**
 * Of the records of one connector, how many percent may be left out because `put` cannot take them; undefined: none, and a
 * failing put fails the task as in Kafka Connect. It takes `errors.tolerance=all` besides.
 */
export function isolatePutOf(
  config: Readonly<Record<string, string>>,
  worker: Readonly<Record<string, string>>,
): { mostPercent: number } | undefined {
  const given = (key: string, form: RegExp) => connectorOrWorker(key, form, config, worker)
  if (given(isolatePutKey, /^(true|false)$/) !== 'true') return undefined
  if (errorSettings(config).tolerance !== 'all') return undefined
  return { mostPercent: Number(given(isolateMostKey, /^(100|\d{1,2})$/) ?? defaultIsolateMost) }
}

/** How many records may still be left out: ten, and one more for each hundred (or whatever is allowed) that were taken. */
export interface LeaveOutAllowance {
  taken(records: number): void
  /** Whether one more may be left out; it counts then. */
  spend(): boolean
}

export function createLeaveOutAllowance(mostPercent: number): LeaveOutAllowance {
  /** In hundredths of a record, so that nothing is lost by rounding. */
  let left = atOnce * 100
  return {
    taken(records) {
      left = Math.min(atOnce * 100, left + records * mostPercent)
    },
    spend() {
      if (left < 100) return false
      left -= 100
      return true
    },
  }
}
