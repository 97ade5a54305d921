import type { Move, Rebalance, RebalanceCause } from '#server/contract/assignments.ts'
import { type TaskId, taskName } from '#server/contract/connector.ts'
import { type GroupSnapshot, mergeCauses, rebalanceCauses } from '#server/core/rebalance-causes.ts'
import type { StoredStatus } from '#server/core/status-record.ts'
import { isNoWork, joinWork, type Work } from '#server/core/work.ts'

/** What a leader dealt in one round. */
export interface DealtRound {
  generation: number
  /** The generation that last completed on the leader. */
  lastCompletedGeneration: number
  /** When it was dealt, and when the leader set out for it, in ms since the epoch. */
  at: number
  begunAt: number
  leader: string
  /** By member id, with what each said it holds. */
  members: ReadonlyMap<string, { worker: string; reported: Work; assigned: Work; revoked: Work; all: Work }>
  configured: ReadonlyMap<string, number>
  drains: ReadonlySet<string>
  /** Milliseconds for which work waits for its worker to come back; 0 for none. */
  delayMs: number
  /** Whether all of this work was said to be put down by its owners. */
  saidGoodbye(work: Work): boolean
  /** Who led the round before, when it is known and gone; counts where this leader did not lead that round. */
  formerLeader: string | null
}

/** Which instance something is about: a connector, or one of its tasks. */
export type InstanceId = { connector: string; task?: number }

/**
 * What the leader writes down of rebalances: it follows the rounds that it deals and what workers say of what they stop and
 * start. Every method answers with a rebalance that is over by it, if there is one.
 */
export interface RebalanceBook {
  dealt(round: DealtRound): Rebalance | undefined
  /** The round of this generation has reached everybody. */
  completed(generation: number): Rebalance | undefined
  /** An instance was said to be in a state, or nothing is said of it any more; heard at `at`. */
  heard(id: InstanceId, status: Pick<StoredStatus, 'state' | 'workerId'> | null, at: number): Rebalance | undefined
  /** Closes what is open as it stands. */
  close(): Rebalance | undefined
  /** The rebalance that is open, or was last. */
  latest(): Rebalance | null
  isOpen(): boolean
  /** Whether the open one lets something wait, or took something that nobody was given yet. */
  isUnfinished(): boolean
}

interface OpenMove extends Move {
  dealtAt: number
  /** How long it was down in earlier moves of the same rebalance. */
  downBefore: number
  over: boolean
}

interface OpenRebalance extends Omit<Rebalance, 'moves'> {
  moves: Map<string, OpenMove>
  /** Whether the last round took something that has to be given to somebody, or lets something wait. */
  unfinished: boolean
  completed: boolean
}

interface LedRound extends GroupSnapshot {
  generation: number
  begunAt: number
  unfinished: boolean
  /** The rebalance as it was before this round; undefined when this was its first one. */
  undo: OpenRebalance | undefined
}

const nameOf = ({ connector, task }: InstanceId) => (task === undefined ? connector : taskName({ connector, task }))
const instancesOf = ({ connectors, tasks }: Work): InstanceId[] => [
  ...connectors.map((connector) => ({ connector })),
  ...tasks.map(({ connector, task }: TaskId) => ({ connector, task })),
]
/** A connector and a task may share a name: `a-0`, and task 0 of `a`. */
const keyOf = (id: InstanceId) => `${id.task === undefined ? 'connector' : 'task'} ${nameOf(id)}`

const runs: ReadonlySet<string> = new Set(['RUNNING', 'PAUSED', 'STOPPED'])

export function createRebalanceBook(): RebalanceBook {
  /** Who ran something last, as the workers said it. */
  const owners = new Map<string, string>()
  const downSince = new Map<string, number>()
  /** The last round that was led, and the last one of those that reached everybody. */
  let led: LedRound[] = []
  /** By the id of a member that is gone: whether it was lost. Decided once, because what is said of its work goes on. */
  const lost = new Map<string, boolean>()
  let open: OpenRebalance | undefined
  let latest: Rebalance | null = null

  function finish(): Rebalance | undefined {
    if (!open) return undefined
    latest = plain(open)
    open = undefined
    return latest
  }

  const finishIfOver = () =>
    open && !open.unfinished && open.completed && [...open.moves.values()].every(({ over }) => over)
      ? finish()
      : undefined

  function dealt(round: DealtRound): Rebalance | undefined {
    const [newest] = led
    const completed = led.find(({ generation }) => generation === round.lastCompletedGeneration)
    // Nobody heard of a round that broke off: what it dealt never happened.
    if (newest && newest !== completed) open = newest.undo
    // Rounds that follow because of what was revoked, broke off or had to wait are one rebalance with one cause.
    const goesOn = newest?.begunAt === round.begunAt || completed?.unfinished === true
    const over = goesOn ? undefined : finish()
    // Whoever died before it said anything had been given it all the same.
    for (const { worker, work } of completed?.members.values() ?? []) {
      for (const id of instancesOf(work)) owners.set(keyOf(id), worker)
    }
    for (const { worker, reported } of round.members.values()) {
      for (const id of instancesOf(reported)) owners.set(keyOf(id), worker)
    }
    const undo = open
    const snapshot: GroupSnapshot = {
      members: new Map(
        [...round.members].map(([id, { worker, all, revoked }]) => [id, { worker, work: joinWork(all, revoked) }]),
      ),
      configured: round.configured,
      drains: round.drains,
    }
    const unfinished = round.delayMs > 0 || [...round.members.values()].some(({ revoked }) => !isNoWork(revoked))
    open = {
      at: open?.at ?? round.begunAt,
      tookMs: round.at - (open?.at ?? round.begunAt),
      generation: round.generation,
      rounds: (open?.rounds ?? 0) + 1,
      leader: round.leader,
      causes: mergeCauses(open?.causes ?? [], causesOf(round, completed, snapshot)),
      moves: new Map(open?.moves),
      movesLeftOut: 0,
      unfinished,
      completed: false,
    }
    for (const { worker, assigned } of round.members.values()) {
      for (const id of instancesOf(assigned)) give(open, id, worker, round.at)
    }
    const { generation, begunAt } = round
    const own: LedRound = { ...snapshot, generation, begunAt, unfinished, undo }
    led = completed ? [own, { ...completed, undo: undefined }] : [own]
    return over
  }

  function causesOf(round: DealtRound, before: GroupSnapshot | undefined, now: GroupSnapshot): RebalanceCause[] {
    if (!before) return [{ kind: 'leader', worker: round.leader, gone: round.formerLeader }]
    for (const id of lost.keys()) if (!before.members.has(id)) lost.delete(id)
    return rebalanceCauses(before, now, (id, work) => {
      const verdict = lost.get(id) ?? (!isNoWork(work) && !round.saidGoodbye(work))
      lost.set(id, verdict)
      return verdict
    })
  }

  function give(rebalance: OpenRebalance, id: InstanceId, to: string, at: number): void {
    const key = keyOf(id)
    const known = rebalance.moves.get(key)
    const from = known ? known.from : (owners.get(key) ?? null)
    const downBefore = known ? known.downBefore + (known.downMs ?? 0) : 0
    rebalance.moves.set(key, { ...id, from, to, downMs: null, dealtAt: at, downBefore, over: false })
  }

  function heard(
    id: InstanceId,
    status: Pick<StoredStatus, 'state' | 'workerId'> | null,
    at: number,
  ): Rebalance | undefined {
    const key = keyOf(id)
    if (status === null) {
      owners.delete(key)
      downSince.delete(key)
      open?.moves.delete(key)
      return finishIfOver()
    }
    const { state, workerId } = status
    owners.set(key, workerId)
    if (state === 'UNASSIGNED') {
      if (!downSince.has(key)) downSince.set(key, at)
      return undefined
    }
    const since = downSince.get(key)
    if (state !== 'RESTARTING') downSince.delete(key)
    const move = open?.moves.get(key)
    if (!open || !move || move.over || move.to !== workerId) return undefined
    if (runs.has(state)) {
      const downMs = move.from === null ? null : move.downBefore + Math.max(0, at - (since ?? move.dealtAt))
      open.moves.set(key, { ...move, downMs, over: true })
    } else if (state === 'FAILED') open.moves.set(key, { ...move, over: true })
    return finishIfOver()
  }

  return {
    dealt,
    heard,
    completed(generation) {
      if (open?.generation !== generation) return undefined
      open.completed = true
      return finishIfOver()
    },
    close() {
      if (!open) return undefined
      // Of a first round that nobody is known to have heard of there is nothing to tell.
      const happened = open.completed || open.rounds > 1 || [...open.moves.values()].some(({ over }) => over)
      if (!happened) open = led[0]?.undo
      return finish()
    },
    latest: () => (open ? plain(open) : latest),
    isOpen: () => open !== undefined,
    isUnfinished: () => open?.unfinished === true,
  }
}

const plain = ({ moves, unfinished: _, completed: __, ...rest }: OpenRebalance): Rebalance => ({
  ...rest,
  moves: [...moves.values()].map(({ dealtAt: _, downBefore: __, over: ___, ...move }) => move),
})
