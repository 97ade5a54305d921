import type { AssignmentsQuery, Move, PastRebalance, Rebalance, RebalanceCause } from '#server/contract/assignments.ts'
import type { EventEntry, NewEvent } from '#server/contract/events.ts'
import { describeCauses } from '#server/contract/rebalance-words.ts'

/** Characters that the moves of one rebalance may take in the events topic (I12). */
const movesLimit = 48 * 1024

/** A rebalance as an entry of the events topic; of very many moves the last ones are only counted. */
export function rebalanceEvent(rebalance: Rebalance): NewEvent {
  const kept: Rebalance['moves'] = []
  let room = movesLimit
  for (const move of rebalance.moves) {
    room -= JSON.stringify(move).length + 1
    if (room < 0) break
    kept.push(move)
  }
  const movesLeftOut = rebalance.movesLeftOut + rebalance.moves.length - kept.length
  const { at, ...detail } = rebalance
  return {
    kind: 'rebalance',
    level: rebalance.causes.some(({ kind }) => kind === 'lost') ? 'WARN' : 'INFO',
    at,
    message: describeRebalance(rebalance),
    detail: { ...detail, causes: detail.causes.map(shortened), moves: kept, movesLeftOut },
  }
}

/** One sentence: why, how much moved, and how long the longest was down. */
export function describeRebalance({ causes, moves, movesLeftOut, tookMs }: Rebalance): string {
  const moved = moves.filter(({ from }) => from !== null).length
  const started = moves.length - moved
  const downs = moves.flatMap(({ downMs }) => downMs ?? [])
  const parts = [
    ...(moved > 0 ? [`${moved} moved`] : []),
    ...(started > 0 ? [`${started} started`] : []),
    ...(movesLeftOut > 0 ? [`${movesLeftOut} more`] : []),
    ...(downs.length > 0 ? [`at most ${Math.max(...downs)} ms down`] : []),
  ]
  return `Rebalance, because ${describeCauses(causes)}: ${parts.length > 0 ? parts.join(', ') : 'nothing moved'} (${tookMs} ms)`
}

const mostNames = 100
function shortened(cause: RebalanceCause): RebalanceCause {
  if ('connectors' in cause) return { ...cause, connectors: cause.connectors.slice(0, mostNames) }
  if ('workers' in cause) return { ...cause, workers: cause.workers.slice(0, mostNames) }
  return cause
}

/** Undefined for an entry that tells of no rebalance, or of one in a shape of another version. */
export function pastRebalance({ id, at, kind, detail }: EventEntry): PastRebalance | undefined {
  if (kind !== 'rebalance' || !detail) return undefined
  const { tookMs, generation, rounds, leader, causes, moves, movesLeftOut } = detail as Partial<PastRebalance>
  const isOne =
    typeof tookMs === 'number' &&
    typeof generation === 'number' &&
    typeof rounds === 'number' &&
    typeof leader === 'string' &&
    Array.isArray(causes) &&
    causes.every(isCause) &&
    Array.isArray(moves) &&
    moves.every(isMove) &&
    typeof movesLeftOut === 'number'
  return isOne ? { id, at, tookMs, generation, rounds, leader, causes, moves, movesLeftOut } : undefined
}

const texts = (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string')
const textOrNull = (value: unknown) => value === null || typeof value === 'string'

function isCause(value: unknown): boolean {
  const { kind, workers = [], connectors = [], gone = null } = (value ?? {}) as Record<string, unknown>
  return typeof kind === 'string' && texts(workers) && texts(connectors) && textOrNull(gone)
}

function isMove(value: unknown): boolean {
  const { connector, task, from, to, downMs } = (value ?? {}) as Partial<Record<keyof Move, unknown>>
  return (
    typeof connector === 'string' &&
    (task === undefined || typeof task === 'number') &&
    textOrNull(from) &&
    typeof to === 'string' &&
    (downMs === null || typeof downMs === 'number')
  )
}

/** Whether a rebalance is about what somebody asks for. */
export function isAbout(
  { causes, moves }: Rebalance,
  { connector, worker }: Pick<AssignmentsQuery, 'connector' | 'worker'>,
): boolean {
  const ofConnector = (name: string) =>
    moves.some((move) => move.connector === name) ||
    causes.some((cause) => 'connectors' in cause && cause.connectors.includes(name))
  const ofWorker = (id: string) =>
    moves.some(({ from, to }) => from === id || to === id) ||
    causes.some((cause) => ('workers' in cause ? cause.workers.includes(id) : 'worker' in cause && cause.worker === id))
  return (connector === undefined || ofConnector(connector)) && (worker === undefined || ofWorker(worker))
}
