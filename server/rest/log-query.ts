import type { LogQuery } from '#server/contract/herder.ts'
import { levelOf, wholeNumber } from '#server/rest/query-values.ts'

const MOST_LINES = 5000

/** The query of `GET /sluice/v1/logs`: `connector`, `task`, `level`, `after`, `limit`. */
export function logQuery(query: URLSearchParams): LogQuery {
  const connector = query.get('connector')
  const level = levelOf(query)
  const task = wholeNumber(query, 'task')
  const after = wholeNumber(query, 'after')
  return {
    ...(connector && { connector }),
    ...(task !== undefined && { task }),
    ...(level && { level }),
    ...(after !== undefined && { after }),
    limit: Math.min(wholeNumber(query, 'limit') ?? 200, MOST_LINES),
  }
}
