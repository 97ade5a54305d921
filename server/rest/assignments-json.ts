import type { Assignments, AssignmentsQuery, Move, PastRebalance, Rebalance } from '#server/contract/assignments.ts'
import { limitOf, listLimits } from '#server/rest/query-values.ts'

/** `connector`, `worker`, `limit` and `before` of a query. Throws BAD_REQUEST. */
export function assignmentsQueryOf(query: URLSearchParams): AssignmentsQuery {
  const [connector, worker, before] = [query.get('connector'), query.get('worker'), query.get('before')]
  return {
    ...(connector && { connector }),
    ...(worker && { worker }),
    ...(before && { before }),
    limit: limitOf(query, listLimits.assignments),
  }
}

/** The query by which another worker is asked the same. */
export const assignmentsParams = (query: AssignmentsQuery): URLSearchParams =>
  new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]))

const writeMove = ({ downMs, ...rest }: Move) => ({ ...rest, down_ms: downMs })
const readMove = ({ down_ms: downMs, ...rest }: ReturnType<typeof writeMove>): Move => ({ ...rest, downMs })

const writeRebalance = ({ tookMs, moves, movesLeftOut, ...rest }: Rebalance) => ({
  ...rest,
  took_ms: tookMs,
  moves: moves.map(writeMove),
  moves_left_out: movesLeftOut,
})
type RebalanceJson = ReturnType<typeof writeRebalance>

const readRebalance = ({
  took_ms: tookMs,
  moves,
  moves_left_out: movesLeftOut,
  ...rest
}: RebalanceJson): Rebalance => ({
  ...rest,
  tookMs,
  moves: moves.map(readMove),
  movesLeftOut,
})

const writeAssignments = ({ current, history, older, origin }: Assignments) => ({
  current: { ...current, rebalance: current.rebalance && writeRebalance(current.rebalance) },
  history: history.map(({ id, ...rest }: PastRebalance) => ({ id, ...writeRebalance(rest) })),
  older,
  origin,
})

/** `GET /sluice/v1/assignments`, both ways. */
export const assignments = {
  write: writeAssignments,
  read: ({ current, history, older, origin }: ReturnType<typeof writeAssignments>): Assignments => ({
    current: { ...current, rebalance: current.rebalance && readRebalance(current.rebalance) },
    history: history.map(({ id, ...rest }) => ({ id, ...readRebalance(rest) })),
    older,
    origin,
  }),
}
