import { logLevels } from '#server/contract/connector.ts'
import type { EventEntry, EventFilter } from '#server/contract/events.ts'

/** Makes the test whether an entry is wanted. */
export function eventFilter(wanted: EventFilter): (entry: EventEntry) => boolean {
  const { connector, kinds, level, task, worker, attempt, since, until } = wanted
  const worst = level === undefined ? 0 : logLevels.indexOf(level)
  const text = wanted.text?.toLowerCase()
  const holds = (part: string | undefined) => part?.toLowerCase().includes(text ?? '') ?? false
  return (entry) =>
    (connector === undefined || entry.connector === connector) &&
    (kinds === undefined || kinds.includes(entry.kind)) &&
    logLevels.indexOf(entry.level) >= worst &&
    (task === undefined || entry.task === task) &&
    (worker === undefined || entry.worker === worker) &&
    (attempt === undefined || entry.attempt === attempt) &&
    (since === undefined || entry.at >= since) &&
    (until === undefined || entry.at < until) &&
    (!text || holds(entry.message) || holds(entry.trace) || holds(entry.logger))
}
