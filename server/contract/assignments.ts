import type { ClusterView } from '#server/contract/connector.ts'

export const rebalanceCauseKinds = [
  'joined',
  'left',
  'lost',
  'returned',
  'drained',
  'put back',
  'created',
  'deleted',
  'tasks',
  'leader',
  'share',
] as const satisfies readonly RebalanceCause['kind'][]

/** Why the work was shared out anew. A leader that did not lead the round before can only tell that it leads now. */
export type RebalanceCause =
  /** `left` put its work down and said goodbye; `lost` was given up by the group; `returned` was away for a moment. */
  | { kind: 'joined' | 'left' | 'lost' | 'returned' | 'drained' | 'put back'; workers: string[] }
  | { kind: 'created' | 'deleted' | 'tasks'; connectors: string[] }
  /** `gone` is who led before, when it is known to be away. */
  | { kind: 'leader'; worker: string; gone: string | null }
  /** None of these: a worker asked for a round, or the work was not evenly shared. */
  | { kind: 'share' }

/** A connector (without `task`) or task that was given to a worker. */
export interface Move {
  connector: string
  task?: number
  /** Who had it before; null where nobody did. */
  from: string | null
  to: string
  /**
   * From its stop to its running elsewhere, as the leader heard of both; what a lost worker ran counts from when the
   * group gave that up. Null for what did not run before, or has not run since.
   */
  downMs: number | null
}

/** One rebalance: all rounds from what caused it until everything was given to somebody and ran. */
export interface Rebalance {
  /** When its first round began, in ms since the epoch. */
  at: number
  /** From there until its last round had shared out the work. */
  tookMs: number
  /** Of its last round. */
  generation: number
  rounds: number
  /** The worker that shared out the work. */
  leader: string
  causes: RebalanceCause[]
  moves: Move[]
  /** How many moves are left out here, because there were too many to keep. */
  movesLeftOut: number
}

export interface PastRebalance extends Rebalance {
  /** Its place in the events topic. */
  id: string
}

export interface AssignmentsQuery {
  /** Only rebalances that moved something of this connector, or something from or to this worker or because of it. */
  connector?: string
  worker?: string
  limit: number
  /** The `older` of another page. */
  before?: string
}

/** Who runs what, and how that came about. */
export interface Assignments {
  current: Pick<ClusterView, 'source' | 'generation' | 'workers'> & {
    /** The rebalance that is under way, or whose work is not all up yet. */
    rebalance: Rebalance | null
  }
  /** Newest first. */
  history: PastRebalance[]
  /** Where to look on for older ones; null when there are none. A page may be short and still have older ones. */
  older: string | null
  /** `worker`: there is no events topic, so this is only what the leader remembers by itself. */
  origin: 'topic' | 'worker'
}
