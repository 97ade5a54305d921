import { type LogLevel, logLevels } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { mostEvents } from '#server/contract/events.ts'

/** A whole number of a query; undefined when it is not given. Throws BAD_REQUEST. */
export function wholeNumber(query: URLSearchParams, key: string): number | undefined {
  const text = query.get(key)
  if (text === null || text === '') return undefined
  if (!/^\d{1,15}$/.test(text)) throw new ConnectError('BAD_REQUEST', `'${key}' has to be a whole number.`)
  return Number(text)
}

/** How many at most of what a query asks for. */
export interface Limit {
  usual: number
  most: number
}

/** Each list of ours that may be long; the OpenAPI document tells the same. */
export const listLimits = {
  events: { usual: 100, most: mostEvents },
  assignments: { usual: 50, most: 200 },
  logs: { usual: 200, most: 5_000 },
} as const satisfies Record<string, Limit>

/** `limit` of a query; the usual one when it is not given. Throws BAD_REQUEST for what is not from 1 to the most. */
export function limitOf(query: URLSearchParams, { usual, most }: Limit): number {
  const text = query.get('limit')
  if (text === null || text === '') return usual
  const limit = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (limit >= 1 && limit <= most) return limit
  throw new ConnectError('BAD_REQUEST', `'limit' has to be a whole number from 1 to ${most}, not ${text}.`)
}

/** The level of a query, in any letter case; undefined when it is not given. Throws BAD_REQUEST. */
export function levelOf(query: URLSearchParams): LogLevel | undefined {
  const text = query.get('level')?.toUpperCase()
  if (!text) return undefined
  const level = logLevels.find((known) => known === text)
  if (level) return level
  throw new ConnectError('BAD_REQUEST', `There is no level '${text}'.`)
}
