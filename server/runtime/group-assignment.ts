import type { ClusterView } from '#server/contract/connector.ts'
import { type Assignor, createAssignor } from '#server/core/assignor.ts'
import { type ConfigState, taskCounts } from '#server/core/config-fold.ts'
import { effectiveDrain } from '#server/core/drain.ts'
import { assignEagerly } from '#server/core/eager-assignor.ts'
import { noWork, type Work } from '#server/core/work.ts'
import { workerIdOf } from '#server/core/worker-id.ts'
import type { LeaderView } from '#server/kafka/group-member.ts'
import {
  type ConnectAssignment,
  type ConnectMetadata,
  type ConnectProtocolVersion,
  decodeConnectMetadata,
  encodeConnectAssignment,
} from '#server/protocol/connect-bytes.ts'

/** The names under which members offer each version of the protocol. */
export const protocolNames = ['default', 'compatible', 'sessioned'] as const

export const protocolVersion = (name: string): ConnectProtocolVersion =>
  Math.max(0, protocolNames.indexOf(name as (typeof protocolNames)[number])) as ConnectProtocolVersion

/** `CONFIG_MISMATCH`: the leader has not read what some member has. */
export const configMismatch = 1

/** A member as the leader of the group sees it after its last round. */
export interface AssignedMember {
  memberId: string
  url: string
  work: Work
  /** What it was told to put down, and may still be running until it joins again. */
  leaving: Work
}

export interface GroupAssignment {
  /** The bytes for each member. Called on the leader. */
  assign(view: LeaderView): Promise<ReadonlyMap<string, Uint8Array>>
  /** Everybody and what they hold since the last round that this worker led. */
  members(): readonly AssignedMember[]
  /** What the last round did; null before the first. */
  lastRound(): ClusterView['lastRebalance']
}

export interface GroupAssignmentOptions {
  /** `scheduled.rebalance.max.delay.ms`, or null for the adaptive delay. */
  maxDelayMs: number | null
  configs: { readonly state: ConfigState; readToEnd(signal?: AbortSignal): Promise<void> }
  lastCompletedGeneration(): number
  /** Reads what was last said of work, so that `putDown` is up to date. */
  readStatuses(): Promise<void>
  /** Whether the owners of this work said that they put it down. */
  putDown(work: Work): boolean
  now(): number
  /** When this worker set out for the round, in ms since the epoch. */
  roundBegunAt(): number
  onAssigned(members: readonly AssignedMember[], generation: number): void
}

/**
 * How long work waits for its worker when nobody says. A killed worker that somebody restarts is back before the group
 * has given it up, so this only covers a restart that took as long as the session.
 */
const adaptiveDelayMs = 1_000

/** The leader's side of the group protocol: reads what members say, shares out, writes what each gets. */
export function createGroupAssignment(options: GroupAssignmentOptions): GroupAssignment {
  const { configs } = options
  const assignor: Assignor = createAssignor({
    maxDelayMs: options.maxDelayMs ?? adaptiveDelayMs,
    adaptive: options.maxDelayMs === null,
  })
  /** The last rounds that this worker led, newest first. The newest may have broken off before anybody heard of it. */
  let led: LedRound[] = []
  let lastRound: ClusterView['lastRebalance'] = null

  async function assign(view: LeaderView): Promise<ReadonlyMap<string, Uint8Array>> {
    const version = protocolVersion(view.protocol)
    const said = new Map(view.members.map(({ memberId, metadata }) => [memberId, decodeConnectMetadata(metadata)]))
    const leaderUrl = said.get(view.leaderId)?.url ?? ''
    const newest = Math.max(...[...said.values()].map(({ offset }) => offset))
    if (configs.state.offset < newest) await configs.readToEnd()
    const mismatch = configs.state.offset < newest
    const shared = mismatch ? undefined : await share(view, version, said)
    if (shared) {
      const members = [...said].map(([memberId, { url }]) => {
        const share = shared.get(memberId)
        return { memberId, url, work: share?.all ?? noWork, leaving: share?.revoked ?? noWork }
      })
      const begunAt = options.roundBegunAt()
      const completed = led.find(({ generation }) => generation === options.lastCompletedGeneration())
      // Rounds that follow because of what was revoked, broke off or had to wait are one rebalance with one reason.
      const goesOn = led[0]?.begunAt === begunAt || completed?.delayed === true
      const before = goesOn ? led[0]?.before : completed?.members
      const moved = [...shared.values()].reduce((sum, { assigned }) => sum + sizeOf(assigned), 0)
      const at = options.now()
      lastRound = {
        at,
        tookMs: at - begunAt,
        moved: moved + (goesOn ? (lastRound?.moved ?? 0) : 0),
        reason: before ? reasonOf(before, members) : reasonOfNewLeader(view.leaderId, said),
      }
      const delayed = [...shared.values()].some(({ delayMs }) => delayMs > 0)
      const round: LedRound = { generation: view.generation, begunAt, delayed, before, members }
      led = completed ? [round, completed] : [round]
      options.onAssigned(members, view.generation)
    }
    return new Map(
      [...said.keys()].map((memberId) => {
        const { assigned, revoked, delayMs } = shared?.get(memberId) ?? {
          assigned: noWork,
          revoked: noWork,
          delayMs: 0,
        }
        const assignment: ConnectAssignment = {
          version,
          error: mismatch ? configMismatch : 0,
          leader: view.leaderId,
          leaderUrl,
          offset: Math.max(newest, configs.state.offset),
          connectors: [...assigned.connectors],
          tasks: [...assigned.tasks],
          revokedConnectors: [...revoked.connectors],
          revokedTasks: [...revoked.tasks],
          delay: delayMs,
        }
        return [memberId, encodeConnectAssignment(assignment)]
      }),
    )
  }

  async function share(view: LeaderView, version: number, said: ReadonlyMap<string, ConnectMetadata>) {
    const configured = taskCounts(configs.state)
    const { drains } = configs.state
    const draining = new Set([...said].flatMap(([id, { url }]) => (drains.has(workerIdOf(url)) ? [id] : [])))
    if (version === 0) {
      const members = [...said.keys()]
      const empty = effectiveDrain(draining, members)
      const takers = members.filter((id) => !empty.has(id))
      const dealt = assignEagerly(takers, configured)
      return new Map(
        members.map((id) => {
          const all = dealt.get(id) ?? noWork
          return [id, { assigned: all, revoked: noWork, all, delayMs: 0 }]
        }),
      )
    }
    const held = new Map([...said].map(([id, { assignment }]) => [id, assignment ?? noWork]))
    if (options.maxDelayMs === null) await options.readStatuses()
    const outcome = assignor.assign({
      now: options.now(),
      lastCompletedGeneration: options.lastCompletedGeneration(),
      generation: view.generation,
      configured,
      members: held,
      putDown: options.putDown,
      draining,
    })
    return new Map([...outcome.members].map(([id, member]) => [id, { ...member, delayMs: outcome.delayMs }]))
  }

  return { assign, members: () => led[0]?.members ?? [], lastRound: () => lastRound }
}

const sizeOf = ({ connectors, tasks }: Work): number => connectors.length + tasks.length

/** A round that this worker led. */
interface LedRound {
  generation: number
  begunAt: number
  /** Whether something waits for its worker to come back. */
  delayed: boolean
  /** Who was there before it; undefined when somebody else led the round before. */
  before: readonly AssignedMember[] | undefined
  members: readonly AssignedMember[]
}

/** What the leader can tell from comparing members; anything else is about what is configured. */
function reasonOf(before: readonly AssignedMember[], now: readonly AssignedMember[]): string {
  const missing = (from: readonly AssignedMember[], there: readonly AssignedMember[]) =>
    from.filter(({ memberId }) => !there.some((other) => other.memberId === memberId)).map(({ url }) => url)
  const left = missing(before, now)
  const joined = missing(now, before)
  const changes = [
    ...(left.length > 0 ? [`${left.join(', ')} left the group`] : []),
    ...(joined.length > 0 ? [`${joined.join(', ')} joined the group`] : []),
  ]
  return changes.length > 0 ? changes.join('; ') : 'connectors, tasks or their share changed'
}

/**
 * A leader that has not led the round before cannot tell who came and who went, only what members say of the leader that
 * gave them their work.
 */
function reasonOfNewLeader(leaderId: string, said: ReadonlyMap<string, ConnectMetadata>): string {
  const own = said.get(leaderId)?.url ?? ''
  const formers = [...said.values()].flatMap(({ assignment }) => assignment ?? [])
  if (formers.length === 0) return `${own} leads the group now`
  const gone = formers.find(({ leader }) => leader !== null && !said.has(leader))
  return gone?.leaderUrl ? `${gone.leaderUrl} left the group; ${own} leads it now` : `${own} leads the group now`
}
