import type { ClusterView } from '#server/contract/connector.ts'
import { type Assignor, createAssignor } from '#server/core/assignor.ts'
import { type ConfigState, taskCounts } from '#server/core/config-fold.ts'
import { assignEagerly } from '#server/core/eager-assignor.ts'
import { noWork, type Work } from '#server/core/work.ts'
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
  /** Whether the owners of this work said that they put it down. */
  putDown(work: Work): Promise<boolean>
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
  let members: AssignedMember[] = []
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
      const before = members
      members = [...said].map(([memberId, { url }]) => ({ memberId, url, work: shared.get(memberId)?.all ?? noWork }))
      const moved = [...shared.values()].reduce((sum, { assigned }) => sum + sizeOf(assigned), 0)
      const at = options.now()
      lastRound = { at, tookMs: at - options.roundBegunAt(), moved, reason: reasonOf(before, members) }
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
    if (version === 0) {
      const dealt = assignEagerly([...said.keys()], configured)
      return new Map([...dealt].map(([id, all]) => [id, { assigned: all, revoked: noWork, all, delayMs: 0 }]))
    }
    const held = new Map([...said].map(([id, { assignment }]) => [id, assignment ?? noWork]))
    const missing = missingWork(members, held)
    const putDown = options.maxDelayMs === null && (await options.putDown(missing))
    const outcome = assignor.assign({
      now: options.now(),
      lastCompletedGeneration: options.lastCompletedGeneration(),
      generation: view.generation,
      configured,
      members: held,
      putDown: () => putDown,
    })
    return new Map([...outcome.members].map(([id, member]) => [id, { ...member, delayMs: outcome.delayMs }]))
  }

  return { assign, members: () => members, lastRound: () => lastRound }
}

const sizeOf = ({ connectors, tasks }: Work): number => connectors.length + tasks.length

/** What the leader can tell from comparing members; anything else is about what is configured. */
function reasonOf(before: readonly AssignedMember[], now: readonly AssignedMember[]): string {
  const missing = (from: readonly AssignedMember[], there: readonly AssignedMember[]) =>
    from.filter(({ memberId }) => !there.some((other) => other.memberId === memberId)).map(({ url }) => url)
  const left = missing(before, now)
  const joined = missing(now, before)
  if (left.length > 0) return `${left.join(', ')} left the group`
  if (joined.length > 0) return `${joined.join(', ')} joined the group`
  return 'connectors, tasks or their share changed'
}

/** What members of the last round held who are no longer there. */
function missingWork(before: readonly AssignedMember[], now: ReadonlyMap<string, Work>): Work {
  const gone = before.filter(({ memberId }) => !now.has(memberId))
  return { connectors: gone.flatMap(({ work }) => work.connectors), tasks: gone.flatMap(({ work }) => work.tasks) }
}
