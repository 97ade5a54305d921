import { logLevels } from '#server/contract/connector.ts'
import { type EventEntry, eventKinds } from '#server/contract/events.ts'

/** An entry before the topic has given it a place. */
export type PlacelessEvent = Omit<EventEntry, 'id'>

/** Characters kept of what somebody else wrote (S-33); the rest of a record is short. */
const messageLimit = 4_096
const traceLimit = 32 * 1024
const detailLimit = 64 * 1024

/** What is too long is cut, and says so. */
export function withinLimits(event: PlacelessEvent): PlacelessEvent {
  const { detail, trace, ...rest } = event
  const tooMuch = detail !== undefined && JSON.stringify(detail).length > detailLimit
  return {
    ...rest,
    message: cut(event.message, messageLimit),
    ...(trace !== undefined && { trace: cut(trace, traceLimit) }),
    ...(detail !== undefined && { detail: tooMuch ? { truncated: true } : detail }),
  }
}

const cut = (text: string, limit: number): string =>
  text.length <= limit ? text : `${text.slice(0, limit)}… (${text.length - limit} more characters)`

/** Key and value as they stand in the topic; the key is the connector's name, empty where the group is concerned. */
export const encodeEvent = (event: PlacelessEvent): { key: string; value: string } => ({
  key: event.connector ?? '',
  value: JSON.stringify(event),
})

/** Undefined for what no version of ours would have written: anybody may write to a topic. */
export function decodeEvent(value: string | null): PlacelessEvent | undefined {
  const given = parse(value)
  const { at, kind, level, worker, message } = given ?? {}
  const isEvent =
    typeof at === 'number' &&
    eventKinds.some((known) => known === kind) &&
    logLevels.some((known) => known === level) &&
    typeof worker === 'string' &&
    typeof message === 'string' &&
    optional(given?.connector, 'string') &&
    optional(given?.task, 'number') &&
    optional(given?.attempt, 'number') &&
    optional(given?.logger, 'string') &&
    optional(given?.code, 'string') &&
    optional(given?.trace, 'string') &&
    (given?.detail === undefined || isObject(given.detail))
  return isEvent ? (given as unknown as PlacelessEvent) : undefined
}

const optional = (value: unknown, type: 'string' | 'number') => value === undefined || typeof value === type
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parse(value: string | null): Record<string, unknown> | undefined {
  if (value === null) return undefined
  try {
    const given: unknown = JSON.parse(value)
    return isObject(given) ? given : undefined
  } catch {
    return undefined // not JSON: nothing of ours
  }
}
