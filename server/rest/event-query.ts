import { ConnectError } from '#server/contract/errors.ts'
import { type EventFilter, type EventKind, type EventQuery, eventKinds } from '#server/contract/events.ts'
import { levelOf, limitOf, listLimits, wholeNumber } from '#server/rest/query-values.ts'

/** What a log consists of; the rest is the timeline. */
export const logKinds: readonly EventKind[] = ['log', 'dropped']
export const timelineKinds: readonly EventKind[] = eventKinds.filter((kind) => kind !== 'log')

/** The filter of `timeline` and `logs`: `kind`, `level`, `text`, `task`, `worker`, `attempt`, `since` and `until` (ms). */
export function eventFilterOf(query: URLSearchParams, fixed: Pick<EventFilter, 'connector' | 'kinds'>): EventFilter {
  const level = levelOf(query)
  const [text, worker] = [query.get('text'), query.get('worker')]
  const numbers = ['task', 'attempt', 'since', 'until'] as const
  const given = numbers.flatMap((key) => {
    const value = wholeNumber(query, key)
    return value === undefined ? [] : [[key, value] as const]
  })
  const kinds = query.getAll('kind').map(knownKind)
  return {
    ...fixed,
    ...(kinds.length > 0 && { kinds: kinds.filter((kind) => fixed.kinds?.includes(kind) ?? true) }),
    ...(level && { level }),
    ...(text && { text }),
    ...(worker && { worker }),
    ...Object.fromEntries(given),
  }
}

/** The same with `limit` and `before`, the `older` of another page. */
export function eventQueryOf(query: URLSearchParams, fixed: Pick<EventFilter, 'connector' | 'kinds'>): EventQuery {
  const before = query.get('before')
  return {
    ...eventFilterOf(query, fixed),
    limit: limitOf(query, listLimits.events),
    ...(before && { before }),
  }
}

function knownKind(text: string): EventKind {
  const kind = eventKinds.find((known) => known === text)
  if (kind) return kind
  throw new ConnectError('BAD_REQUEST', `There is no kind '${text}'.`)
}

/** The query by which another worker is asked the same. */
export function eventParams(query: EventFilter & Partial<EventQuery>): URLSearchParams {
  const { kinds = [], connector: _, ...rest } = query
  const params = new URLSearchParams(kinds.map((kind) => ['kind', kind]))
  for (const [key, value] of Object.entries(rest)) params.set(key, String(value))
  return params
}
