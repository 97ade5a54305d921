import {
  commonProtocols,
  electProtocol,
  type GroupProtocol,
  type JoinAnswer,
  type Member,
  metadataOf,
  noBytes,
  type SyncAnswer,
  sameProtocols,
} from '#server/broker/groups/group-member-state.ts'
import type { KafkaErrorName } from '#server/protocol/kafka-errors.ts'

/** The names that DescribeGroups shows. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

export interface JoinRequest {
  memberId: string
  instanceId: string | null
  clientId: string
  clientHost: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  protocolType: string
  protocols: readonly GroupProtocol[]
  /** Whether a new dynamic member must come back with the id that it is given (JoinGroup 4, KIP-394). */
  requireKnownId: boolean
  /** Whether the answer can tell a returning static leader to keep its assignment (JoinGroup 9, KIP-814). */
  canSkipAssignment: boolean
}

export interface MemberIdentity {
  memberId: string
  instanceId: string | null
}

export interface SyncRequest extends MemberIdentity {
  generation: number
  protocolType: string | null
  protocol: string | null
  assignments: readonly { memberId: string; assignment: Buffer }[]
}

export interface SavedMember
  extends Pick<
    Member,
    'id' | 'instanceId' | 'clientId' | 'clientHost' | 'sessionTimeoutMs' | 'rebalanceTimeoutMs' | 'assignment'
  > {
  /** In the protocol that the group had chosen. */
  metadata: Buffer
}

/** What of a group outlives the broker. */
export interface SavedGroup {
  protocolType: string
  generation: number
  protocol: string | null
  leader: string | null
  /** When the group became what is saved. */
  settledAt: number
  members: SavedMember[]
}

/**
 * One classic group of any protocol type, as a state machine (Kafka: ClassicGroup, GroupMetadataManager). It has no
 * clock: every call says what time it is, `nextDeadline` when `expire` has something to do. Answers that must wait are
 * given through callbacks, each exactly once.
 */
export interface Group {
  readonly id: string
  readonly state: GroupState
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly generation: number
  readonly leader: string | null
  readonly members: ReadonlyMap<string, Member>
  /** Since when nobody is there; undefined in every other state. */
  readonly emptySince: number | undefined
  join(request: JoinRequest, now: number, answer: (answer: JoinAnswer) => void): void
  sync(request: SyncRequest, now: number, answer: (answer: SyncAnswer) => void): void
  heartbeat(member: MemberIdentity & { generation: number }, now: number): KafkaErrorName
  leave(member: MemberIdentity, now: number): KafkaErrorName
  /** Whether a commit with these words may be stored; also counts as a sign of life. */
  mayCommit(member: MemberIdentity & { generation: number }, now: number): KafkaErrorName
  /** The same for a commit in a transaction: a producer may be no member, and then its own epoch guards it. */
  mayCommitInTransaction(member: MemberIdentity & { generation: number }, now: number): KafkaErrorName
  expire(now: number): void
  nextDeadline(): number | undefined
}

export interface GroupOptions {
  id: string
  initialRebalanceDelayMs: number
  newMemberId: (prefix: string) => string
  /** Called when the group is stable or empty: what is to be remembered has changed. */
  onSettled: (group: Group) => void
  saved?: SavedGroup
  now: number
  /** In ms since the epoch, for what is remembered over restarts. */
  timeOfDay: () => number
}

/** A member that joins for the first time may wait this long for the others (Kafka: NewMemberJoinTimeoutMs). */
const newMemberTimeoutMs = 300_000

export function createGroup(options: GroupOptions): Group {
  const members = new Map<string, Member>()
  const staticMembers = new Map<string, string>()
  /** Ids that were given out and not used yet, with the time until which they are good. */
  const pending = new Map<string, number>()
  let state: GroupState = 'Empty'
  let protocolType: string | null = null
  let protocol: string | null = null
  let generation = 0
  let leader: string | null = null
  /** While preparing: not before `earliest`, so that members that start together join together; at the latest `latest`. */
  let round = { earliest: 0, latest: 0, startedAt: 0 }
  /** While completing: who has not sent SyncGroup until then is removed. */
  let syncDeadline = 0
  let emptySince = options.timeOfDay()

  const isAlive = (member: Member) => member.joining !== undefined || member.syncing !== undefined
  const touch = (member: Member, now: number) => {
    member.deadline = now + member.sessionTimeoutMs
  }

  const refusal = (error: KafkaErrorName, memberId: string): JoinAnswer => ({
    error,
    memberId,
    generation: -1,
    protocolType: null,
    protocol: null,
    leader: '',
    skipAssignment: false,
    members: [],
  })

  function joined(member: Member, skipAssignment = false): JoinAnswer {
    const chosen = protocol ?? ''
    const leads = member.id === leader
    return {
      error: 'NONE',
      memberId: member.id,
      generation,
      protocolType,
      protocol,
      leader: leader ?? '',
      skipAssignment,
      members: leads
        ? [...members.values()].map((one) => ({
            memberId: one.id,
            groupInstanceId: one.instanceId,
            metadata: metadataOf(one, chosen),
          }))
        : [],
    }
  }

  const synced = (member: Member): SyncAnswer => ({
    error: 'NONE',
    protocolType,
    protocol,
    assignment: member.assignment,
  })

  const syncRefusal = (error: KafkaErrorName): SyncAnswer => ({
    error,
    protocolType: null,
    protocol: null,
    assignment: noBytes,
  })

  function identify({ memberId, instanceId }: MemberIdentity): Member | KafkaErrorName {
    if (instanceId !== null) {
      const current = staticMembers.get(instanceId)
      if (current === undefined) return 'UNKNOWN_MEMBER_ID'
      if (current !== memberId) return 'FENCED_INSTANCE_ID'
    }
    return members.get(memberId) ?? 'UNKNOWN_MEMBER_ID'
  }

  function prepareRebalance(now: number) {
    const wasEmpty = state === 'Empty'
    if (state === 'CompletingRebalance') {
      for (const member of members.values()) answerSync(member, syncRefusal('REBALANCE_IN_PROGRESS'), now)
    }
    state = 'PreparingRebalance'
    const longest = Math.max(0, ...[...members.values()].map((member) => member.rebalanceTimeoutMs))
    const delay = wasEmpty ? Math.min(options.initialRebalanceDelayMs, longest) : 0
    round = { earliest: now + delay, latest: now + longest, startedAt: now }
    tryCompleteJoin(now)
  }

  function answerSync(member: Member, answer: SyncAnswer, now: number) {
    const { syncing } = member
    if (!syncing) return
    member.syncing = undefined
    touch(member, now)
    syncing(answer)
  }

  function tryCompleteJoin(now: number) {
    if (state !== 'PreparingRebalance') return
    const everyoneIsHere = pending.size === 0 && [...members.values()].every((member) => member.joining)
    if ((everyoneIsHere && now >= round.earliest) || now >= round.latest) completeJoin(now)
  }

  function completeJoin(now: number) {
    for (const member of [...members.values()]) {
      // A static member keeps its place until its session ends.
      if (!member.joining && member.instanceId === null) forget(member)
    }
    const present = [...members.values()].filter((member) => member.joining)
    if (present.length === 0 && members.size > 0) {
      // Only absent static members: keep waiting for them or for the end of their sessions.
      round = { ...round, latest: now + Math.max(...[...members.values()].map((member) => member.rebalanceTimeoutMs)) }
      return
    }
    generation++
    if (members.size === 0) {
      state = 'Empty'
      emptySince = options.timeOfDay()
      protocol = null
      leader = null
      options.onSettled(group)
      return
    }
    if (leader === null || !members.get(leader)?.joining) leader = present[0]?.id ?? null
    protocol = electProtocol([...members.values()])
    state = 'CompletingRebalance'
    syncDeadline = now + Math.max(...[...members.values()].map((member) => member.rebalanceTimeoutMs))
    for (const member of present) {
      const { joining } = member
      member.joining = undefined
      touch(member, now)
      joining?.(joined(member))
    }
  }

  function forget(member: Member) {
    members.delete(member.id)
    if (member.instanceId !== null && staticMembers.get(member.instanceId) === member.id) {
      staticMembers.delete(member.instanceId)
    }
    if (leader === member.id) leader = null
    member.joining?.(refusal('UNKNOWN_MEMBER_ID', member.id))
    member.syncing?.(syncRefusal('UNKNOWN_MEMBER_ID'))
    member.joining = undefined
    member.syncing = undefined
  }

  function remove(member: Member, now: number) {
    forget(member)
    if (state === 'PreparingRebalance') tryCompleteJoin(now)
    else prepareRebalance(now)
  }

  function fits(request: JoinRequest, except: string | undefined): boolean {
    if (request.protocolType === '' || request.protocols.length === 0) return false
    const others = [...members.values()].filter((member) => member.id !== except)
    if (others.length === 0) return true
    if (request.protocolType !== protocolType) return false
    const common = commonProtocols(others)
    return request.protocols.some(({ name }) => common.has(name))
  }

  function addMember(id: string, request: JoinRequest, now: number, answer: (answer: JoinAnswer) => void) {
    pending.delete(id)
    const { instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols } = request
    const deadline = now + newMemberTimeoutMs
    const common = { instanceId, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols }
    members.set(id, { id, ...common, assignment: noBytes, deadline, joining: answer, syncing: undefined })
    if (instanceId !== null) staticMembers.set(instanceId, id)
    protocolType = request.protocolType
    if (state === 'PreparingRebalance') {
      round.latest = Math.max(round.latest, round.startedAt + rebalanceTimeoutMs)
      if (round.earliest > now) round.earliest = Math.min(now + options.initialRebalanceDelayMs, round.latest)
      tryCompleteJoin(now)
    } else prepareRebalance(now)
  }

  function rejoin(member: Member, request: JoinRequest, now: number, answer: (answer: JoinAnswer) => void) {
    const changed = !sameProtocols(member.protocols, request.protocols)
    const { clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols } = request
    const wait = () => {
      // The same member asks again, over a new connection perhaps: the old question is void.
      member.joining?.(refusal('UNKNOWN_MEMBER_ID', member.id))
      member.joining = answer
    }
    Object.assign(member, { clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols })
    touch(member, now)
    if (state === 'PreparingRebalance') {
      wait()
      tryCompleteJoin(now)
    } else if (state === 'CompletingRebalance' ? !changed : !changed && member.id !== leader) {
      answer(joined(member))
    } else {
      wait()
      prepareRebalance(now)
    }
  }

  /** A static member that was restarted comes with its instance id alone, gets a new id and its old place. */
  function replaceStatic(old: Member, request: JoinRequest, now: number, answer: (answer: JoinAnswer) => void) {
    const id = options.newMemberId(request.instanceId ?? '')
    const led = leader === old.id
    old.joining?.(refusal('FENCED_INSTANCE_ID', old.id))
    old.syncing?.(syncRefusal('FENCED_INSTANCE_ID'))
    const unchanged = protocol !== null && metadataOf(old, protocol).equals(metadataAs(request, protocol))
    members.delete(old.id)
    const { clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols } = request
    const renewed: Member = {
      ...old,
      ...{ id, clientId, clientHost, sessionTimeoutMs, rebalanceTimeoutMs, protocols },
      joining: undefined,
      syncing: undefined,
    }
    members.set(id, renewed)
    staticMembers.set(request.instanceId ?? '', id)
    if (led) leader = id
    touch(renewed, now)
    if (state === 'Stable' && unchanged) {
      options.onSettled(group)
      if (led && !request.canSkipAssignment) answer({ ...joined(renewed), leader: old.id, members: [] })
      else answer(joined(renewed, led))
      return
    }
    renewed.joining = answer
    if (state === 'PreparingRebalance') tryCompleteJoin(now)
    else prepareRebalance(now)
  }

  const metadataAs = (request: JoinRequest, name: string) =>
    request.protocols.find((one) => one.name === name)?.metadata ?? noBytes

  function checkGeneration(found: Member | KafkaErrorName, given: number): KafkaErrorName {
    if (typeof found === 'string') return found
    return given === generation ? 'NONE' : 'ILLEGAL_GENERATION'
  }

  function restore({ members: savedMembers, settledAt, ...saved }: SavedGroup) {
    ;({ protocolType, generation, protocol, leader } = saved)
    emptySince = settledAt
    for (const { metadata, ...one } of savedMembers) {
      const protocols = [{ name: protocol ?? '', metadata }]
      const deadline = options.now + one.sessionTimeoutMs
      members.set(one.id, { ...one, protocols, deadline, joining: undefined, syncing: undefined })
      if (one.instanceId !== null) staticMembers.set(one.instanceId, one.id)
    }
    state = members.size > 0 ? 'Stable' : 'Empty'
  }

  const group: Group = {
    id: options.id,
    get state() {
      return state
    },
    get protocolType() {
      return protocolType
    },
    get protocol() {
      return protocol
    },
    get generation() {
      return generation
    },
    get leader() {
      return leader
    },
    members,
    get emptySince() {
      return state === 'Empty' ? emptySince : undefined
    },

    join(request, now, answer) {
      const { memberId, instanceId } = request
      const occupant = instanceId === null ? undefined : members.get(staticMembers.get(instanceId) ?? '')
      if (!fits(request, memberId === '' ? occupant?.id : memberId)) {
        return answer(refusal('INCONSISTENT_GROUP_PROTOCOL', memberId))
      }
      if (memberId === '') {
        if (occupant) return replaceStatic(occupant, request, now, answer)
        const id = options.newMemberId(instanceId ?? request.clientId)
        if (instanceId === null && request.requireKnownId) {
          pending.set(id, now + request.sessionTimeoutMs)
          return answer(refusal('MEMBER_ID_REQUIRED', id))
        }
        return addMember(id, request, now, answer)
      }
      if (pending.has(memberId)) return addMember(memberId, request, now, answer)
      const member = identify(request)
      if (typeof member === 'string') return answer(refusal(member, memberId))
      rejoin(member, request, now, answer)
    },

    sync(request, now, answer) {
      const member = identify(request)
      if (typeof member === 'string') return answer(syncRefusal(member))
      if (request.generation !== generation) return answer(syncRefusal('ILLEGAL_GENERATION'))
      const otherType = request.protocolType !== null && request.protocolType !== protocolType
      const otherName = request.protocol !== null && request.protocol !== protocol
      if (otherType || otherName) return answer(syncRefusal('INCONSISTENT_GROUP_PROTOCOL'))
      touch(member, now)
      switch (state) {
        case 'Empty':
          return answer(syncRefusal('UNKNOWN_MEMBER_ID'))
        case 'PreparingRebalance':
          return answer(syncRefusal('REBALANCE_IN_PROGRESS'))
        case 'Stable':
          return answer(synced(member))
        case 'CompletingRebalance': {
          member.syncing?.(syncRefusal('REBALANCE_IN_PROGRESS'))
          member.syncing = answer
          if (member.id !== leader) return
          const given = new Map(request.assignments.map((one) => [one.memberId, one.assignment]))
          for (const one of members.values()) one.assignment = given.get(one.id) ?? noBytes
          state = 'Stable'
          options.onSettled(group)
          for (const one of members.values()) answerSync(one, synced(one), now)
        }
      }
    },

    heartbeat(request, now) {
      const member = identify(request)
      const error = checkGeneration(member, request.generation)
      if (error !== 'NONE' || typeof member === 'string') return error
      touch(member, now)
      return state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE'
    },

    leave({ memberId, instanceId }, now) {
      if (pending.delete(memberId)) {
        tryCompleteJoin(now)
        return 'NONE'
      }
      // An administrator names a static member by its instance alone (KIP-345).
      const id = memberId === '' && instanceId !== null ? (staticMembers.get(instanceId) ?? '') : memberId
      const member = identify({ memberId: id, instanceId })
      if (typeof member === 'string') return member
      remove(member, now)
      return 'NONE'
    },

    mayCommit(request, now) {
      if (request.generation < 0) return members.size === 0 && request.memberId === '' ? 'NONE' : 'UNKNOWN_MEMBER_ID'
      const member = identify(request)
      const error = checkGeneration(member, request.generation)
      if (error !== 'NONE' || typeof member === 'string') return error
      if (state === 'CompletingRebalance') return 'REBALANCE_IN_PROGRESS'
      touch(member, now)
      return 'NONE'
    },

    mayCommitInTransaction(request, now) {
      if (request.generation < 0 && request.memberId === '' && request.instanceId === null) return 'NONE'
      const member = identify(request)
      const error = checkGeneration(member, request.generation)
      if (error !== 'NONE' || typeof member === 'string') return error
      touch(member, now)
      return 'NONE'
    },

    expire(now) {
      for (const [id, until] of pending) if (until <= now) pending.delete(id)
      const slow = state === 'CompletingRebalance' && syncDeadline <= now
      const gone = [...members.values()].filter(
        (member) => (slow && !member.syncing) || (!isAlive(member) && member.deadline <= now),
      )
      for (const member of gone) forget(member)
      if (gone.length > 0 && state !== 'PreparingRebalance') prepareRebalance(now)
      tryCompleteJoin(now)
    },

    nextDeadline() {
      const times = [...pending.values()]
      for (const member of members.values()) if (!isAlive(member)) times.push(member.deadline)
      if (state === 'CompletingRebalance') times.push(syncDeadline)
      if (state === 'PreparingRebalance') {
        const everyoneIsHere = pending.size === 0 && [...members.values()].every((member) => member.joining)
        times.push(everyoneIsHere ? round.earliest : round.latest)
      }
      return times.length === 0 ? undefined : Math.min(...times)
    },
  }

  if (options.saved) restore(options.saved)
  return group
}
