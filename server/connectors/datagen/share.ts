/** What one task makes of what the connector was asked for. */
export interface Share {
  /** Milliseconds from one record to the next. */
  intervalMs: number
  /** Milliseconds from the start to the first record: tasks take turns. */
  delayMs: number
  /** How many records in all its lives; Infinity without an end. */
  records: number
}

export interface Whole {
  recordsPerSecond: number
  iterations: number | null
}

/** The share of `task`, counted from 0, of `tasks`. All shares together are the whole. */
export function shareOf({ recordsPerSecond, iterations }: Whole, task: number, tasks: number): Share {
  const records =
    iterations === null
      ? Number.POSITIVE_INFINITY
      : Math.floor(iterations / tasks) + (task < iterations % tasks ? 1 : 0)
  return { intervalMs: (1000 * tasks) / recordsPerSecond, delayMs: (1000 * task) / recordsPerSecond, records }
}
