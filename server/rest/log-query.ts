import { type LogLevel, logLevels } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { LogQuery } from '#server/contract/herder.ts'

const MOST_LINES = 5000

/** The query of `GET /sluice/v1/logs`: `connector`, `task`, `level`, `after`, `limit`. */
export function logQuery(query: URLSearchParams): LogQuery {
  const number = (key: string): number | undefined => {
    const text = query.get(key)
    if (text === null || text === '') return undefined
    if (!/^\d{1,15}$/.test(text)) throw new ConnectError('BAD_REQUEST', `'${key}' has to be a whole number.`)
    return Number(text)
  }
  const connector = query.get('connector')
  const level = query.get('level')?.toUpperCase()
  const task = number('task')
  const after = number('after')
  return {
    ...(connector && { connector }),
    ...(task !== undefined && { task }),
    ...(level && { level: knownLevel(level) }),
    ...(after !== undefined && { after }),
    limit: Math.min(number('limit') ?? 200, MOST_LINES),
  }
}

function knownLevel(text: string): LogLevel {
  const level = logLevels.find((known) => known === text)
  if (level) return level
  throw new ConnectError('BAD_REQUEST', `There is no level '${text}'.`)
}
