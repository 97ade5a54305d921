import type { LogQuery } from '#server/contract/herder.ts'
import { levelOf, limitOf, listLimits, wholeNumber } from '#server/rest/query-values.ts'

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
    limit: limitOf(query, listLimits.logs),
  }
}
