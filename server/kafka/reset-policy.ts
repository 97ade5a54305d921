/** Where reading begins without a position: at one end of the log, or with the records of a last while (KIP-1106). */
export type ResetTo = 'earliest' | 'latest' | { lastMs: number }

/** What happens when there is no position, or none within the log (`auto.offset.reset`); with `none` it is an error. */
export type ResetPolicy = ResetTo | 'none'

/** As messages call it. */
export const resetName = (reset: ResetTo) =>
  typeof reset === 'object' ? `first of the last ${reset.lastMs} ms` : reset

const ends = ['earliest', 'latest', 'none'] as const
const byDuration = 'by_duration:'
const dayMs = 86_400_000

/** Undefined when it is none of those that Kafka's consumer takes. */
export function readResetPolicy(text: string): ResetPolicy | undefined {
  const end = ends.find((name) => name === text.toLowerCase())
  if (end) return end
  if (!text.startsWith(byDuration)) return undefined
  const lastMs = durationMs(text.slice(byDuration.length))
  return lastMs === undefined ? undefined : { lastMs }
}

/** `PnDTnHnMn.nS` of ISO 8601, not negative. */
function durationMs(text: string): number | undefined {
  const match = /^P(?=\d|T\d)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,9})?)S)?)?$/i.exec(text)
  if (!match) return undefined
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return days * dayMs + hours * 3_600_000 + minutes * 60_000 + Math.floor(seconds * 1_000)
}
