import { type LogLevel, logLevels } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'

/** A whole number of a query; undefined when it is not given. Throws BAD_REQUEST. */
export function wholeNumber(query: URLSearchParams, key: string): number | undefined {
  const text = query.get(key)
  if (text === null || text === '') return undefined
  if (!/^\d{1,15}$/.test(text)) throw new ConnectError('BAD_REQUEST', `'${key}' has to be a whole number.`)
  return Number(text)
}

/** The level of a query, in any letter case; undefined when it is not given. Throws BAD_REQUEST. */
export function levelOf(query: URLSearchParams): LogLevel | undefined {
  const text = query.get('level')?.toUpperCase()
  if (!text) return undefined
  const level = logLevels.find((known) => known === text)
  if (level) return level
  throw new ConnectError('BAD_REQUEST', `There is no level '${text}'.`)
}
