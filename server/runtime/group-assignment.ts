import type { Clock } from '#server/contract/clock.ts'
import { type Assignor, createAssignor } from '#server/core/assignor.ts'
import { type ConfigState, taskCounts } from '#server/core/config-fold.ts'
import { effectiveDrain } from '#server/core/drain.ts'
import { assignEagerly } from '#server/core/eager-assignor.ts'
import type { DealtRound } from '#server/core/rebalance-book.ts'
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
  /** The same, of work of which something was said at all: who died before it said anything did not put it down. */
  saidGoodbye(work: Work): boolean
  clock: Pick<Clock, 'now' | 'monotonic'>
  /** When this worker set out for the round, by the monotonic clock. */
  roundBegunAt(): number
  /** What was dealt, before `onAssigned`: what workers said until then still stands. */
  onDealt(round: DealtRound): void
  onAssigned(members: readonly AssignedMember[], generation: number): void
}

/**
 * How long work waits for its worker when nobody says. A killed worker that somebody restarts is back before the group
 * has given it up, so this only covers a restart that took as long as the session.
 */
const adaptiveDelayMs = 1_000

/** The leader's side of the group protocol: reads what members say, shares out, writes what each gets. */
export function createGroupAssignment(options: GroupAssignmentOptions): GroupAssignment {
  const { configs, clock } = options
  const assignor: Assignor = createAssignor({
    maxDelayMs: options.maxDelayMs ?? adaptiveDelayMs,
    adaptive: options.maxDelayMs === null,
  })
  /** As of the last round that this worker led, which may have broken off before anybody heard of it. */
  let members: readonly AssignedMember[] = []

  async function assign(view: LeaderView): Promise<ReadonlyMap<string, Uint8Array>> {
    const version = protocolVersion(view.protocol)
    const said = new Map(view.members.map(({ memberId, metadata }) => [memberId, decodeConnectMetadata(metadata)]))
    const leaderUrl = said.get(view.leaderId)?.url ?? ''
    const newest = Math.max(...[...said.values()].map(({ offset }) => offset))
    if (configs.state.offset < newest) await configs.readToEnd()
    const mismatch = configs.state.offset < newest
    const shared = mismatch ? undefined : await share(view, version, said)
    if (shared) {
      options.onDealt(dealtRound(view, said, shared))
      members = [...said].map(([memberId, { url }]) => {
        const share = shared.get(memberId)
        return { memberId, url, work: share?.all ?? noWork, leaving: share?.revoked ?? noWork }
      })
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
    await options.readStatuses()
    // From here on nothing is waited for: what is dealt is the config as of the offset that the members are told.
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
    const outcome = assignor.assign({
      now: clock.monotonic(),
      lastCompletedGeneration: options.lastCompletedGeneration(),
      generation: view.generation,
      configured,
      members: held,
      putDown: options.putDown,
      draining,
    })
    return new Map([...outcome.members].map(([id, member]) => [id, { ...member, delayMs: outcome.delayMs }]))
  }

  function dealtRound(
    view: LeaderView,
    said: ReadonlyMap<string, ConnectMetadata>,
    shared: ReadonlyMap<string, { assigned: Work; revoked: Work; all: Work; delayMs: number }>,
  ): DealtRound {
    const dealt = [...said].map(([id, { url, assignment }]) => {
      const { assigned = noWork, revoked = noWork, all = noWork } = shared.get(id) ?? {}
      return [id, { worker: workerIdOf(url), reported: assignment ?? noWork, assigned, revoked, all }] as const
    })
    const now = clock.now()
    return {
      generation: view.generation,
      lastCompletedGeneration: options.lastCompletedGeneration(),
      at: now,
      begunAt: now - (clock.monotonic() - options.roundBegunAt()),
      leader: workerIdOf(said.get(view.leaderId)?.url ?? ''),
      members: new Map(dealt),
      configured: taskCounts(configs.state),
      drains: new Set(configs.state.drains.keys()),
      delayMs: Math.max(0, ...[...shared.values()].map(({ delayMs }) => delayMs)),
      saidGoodbye: options.saidGoodbye,
      formerLeader: goneLeader(said),
    }
  }

  return { assign, members: () => members }
}

/** The leader that gave somebody the work that it holds, when that one is not there any more. */
function goneLeader(said: ReadonlyMap<string, ConnectMetadata>): string | null {
  const formers = [...said.values()].flatMap(({ assignment }) => assignment ?? [])
  const gone = formers.find(({ leader }) => leader !== null && !said.has(leader))
  return gone?.leaderUrl ? workerIdOf(gone.leaderUrl) : null
}
