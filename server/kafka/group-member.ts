import { messageOf } from '#server/contract/errors.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import type { ResponseOf } from '#server/protocol/codec.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** One member of one generation of a group. */
export interface Membership {
  memberId: string
  generation: number
  leaderId: string
  isLeader: boolean
  protocol: string
  assignment: Buffer
}

export interface LeaderView {
  protocol: string
  generation: number
  leaderId: string
  members: { memberId: string; groupInstanceId: string | null; metadata: Buffer }[]
}

export interface GroupMemberOptions {
  groupId: string
  /** `consumer`, or `connect` for a group of workers. */
  protocolType: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  heartbeatIntervalMs: number
  groupInstanceId?: string
  /** Offered in order of preference; asked for at every join, because the metadata changes. */
  protocols(): { name: string; metadata: Uint8Array }[]
  /** Called on the leader only: the bytes for each member. */
  assign(view: LeaderView): Promise<ReadonlyMap<string, Uint8Array>>
  /** The coordinator wants everybody to join again; called once a generation. */
  onRebalanceNeeded(): void
  /** The membership is gone: expelled, fenced, or no answer for longer than the session. Nothing may be committed any more. */
  onLost(reason: string): void
  /**
   * Another member has the same `groupInstanceId`, so this one must not join again (KIP-345); in place of `onLost`, which is
   * told without it.
   */
  onFenced?(error: KafkaError): void
  /**
   * By the monotonic clock, when its owner has to have come back for more: from then on the member leaves its group, which
   * is told to `onLost` (Kafka: `max.poll.interval.ms`). Infinity for as long as it likes.
   */
  pollDueAt?(): number
  /** Something was answered, after so many milliseconds. */
  onAnswered?(what: 'join' | 'sync' | 'heartbeat', tookMs: number): void
}

/**
 * A member of a classic group (KIP-62): joins, heartbeats apart from all processing, leaves. It joins only when asked, so
 * that work can be put down before partitions or tasks go elsewhere.
 */
export interface GroupMember extends AsyncDisposable {
  /** Joins or joins again; resolves with the assignment once the whole group has settled. Rejects when the signal aborts. */
  join(signal: AbortSignal): Promise<Membership>
  readonly memberId: string
  /** -1 while not a member. */
  readonly generation: number
  /** When the coordinator last answered, by the monotonic clock; 0 before the first answer. */
  readonly lastAnswerAt: number
  /** Asks the coordinator now, and goes on at the interval that counts by then; nothing while it is no member. */
  heartbeatSoon(): void
  leave(reason: string): Promise<void>
}

/** What the coordinator adds to the rebalance timeout before it answers a join (Kafka: JOIN_GROUP_TIMEOUT_LAPSE). */
const joinLapseMs = 5_000
/** What Kafka's consumer says of one that does not come back (`AbstractCoordinator.handlePollTimeoutExpiry`). */
const pollTimeoutExpired =
  'consumer poll timeout has expired. This means the time between subsequent calls to poll() was longer than the configured max.poll.interval.ms, which typically implies that the poll loop is spending too much time processing messages. You can address this either by increasing max.poll.interval.ms or by reducing the maximum size of batches returned in poll() with max.poll.records.'
let lanes = 0

export function createGroupMember(client: KafkaClient, options: GroupMemberOptions): GroupMember {
  const { groupId, clock } = { groupId: options.groupId, clock: client.clock }
  const coordinator = { coordinator: 'group', key: groupId } as const
  const groupInstanceId = options.groupInstanceId ?? null
  // JoinGroup and SyncGroup wait for the slowest member: they never share a connection with heartbeats.
  const lane = `group-${groupId}-${lanes++}`
  let memberId = ''
  let generation = -1
  let lastAnswerAt = 0
  let heartbeats: AbortController | undefined
  /** The wait for the next heartbeat. */
  let nap = new AbortController()

  const reset = (keepId: boolean) => {
    generation = -1
    if (!keepId) memberId = ''
  }

  async function join(signal: AbortSignal): Promise<Membership> {
    heartbeats?.abort()
    const stopWaiting = () => client.closeDedicated(lane)
    signal.addEventListener('abort', stopWaiting)
    try {
      let unreachableSince: number | undefined
      for (let failures = 0; ; ) {
        signal.throwIfAborted()
        const outcome = await attempt().catch((error: unknown) => error)
        if (!(outcome instanceof Error)) {
          const membership = outcome as Membership
          heartbeats = new AbortController()
          void keepAlive(membership.generation, heartbeats.signal)
          return membership
        }
        if (!recover(outcome)) throw outcome
        unreachableSince = isUnreachable(outcome) ? (unreachableSince ?? clock.monotonic()) : undefined
        // I7: by then the coordinator may have given away what this member holds.
        if (unreachableSince !== undefined && clock.monotonic() - unreachableSince > options.sessionTimeoutMs)
          reset(true)
        const waits = outcome instanceof KafkaError && !immediate.has(outcome.errorName)
        if (waits) await clock.sleep(client.retryDelayMs(failures++), signal)
      }
    } finally {
      signal.removeEventListener('abort', stopWaiting)
    }
  }

  /** Errors after which the same join is simply tried again, at once. */
  const immediate: ReadonlySet<string> = new Set(['MEMBER_ID_REQUIRED', 'REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID'])

  /** Puts the state right for another attempt; false when there is none. */
  function recover(error: Error): boolean {
    if (!(error instanceof KafkaError)) return false
    switch (error.errorName) {
      case 'MEMBER_ID_REQUIRED':
      case 'REBALANCE_IN_PROGRESS':
        return true
      case 'UNKNOWN_MEMBER_ID':
        reset(false)
        return true
      case 'ILLEGAL_GENERATION':
        reset(true)
        return true
      case 'NOT_COORDINATOR':
      case 'COORDINATOR_NOT_AVAILABLE':
      case 'NETWORK_EXCEPTION':
        client.invalidate(coordinator)
        return true
      default:
        return error.retriable
    }
  }

  const isUnreachable = (error: Error) => error instanceof KafkaError && error.errorName === 'NETWORK_EXCEPTION'

  /** An answer, and the news of how long it took. */
  async function timed<Answer>(what: 'join' | 'sync' | 'heartbeat', answer: Promise<Answer>): Promise<Answer> {
    const askedAt = clock.monotonic()
    const answered = await answer
    options.onAnswered?.(what, clock.monotonic() - askedAt)
    return answered
  }

  async function attempt(): Promise<Membership> {
    const joined = await timed(
      'join',
      client.call(
        'JoinGroup',
        {
          groupId,
          sessionTimeoutMs: options.sessionTimeoutMs,
          rebalanceTimeoutMs: options.rebalanceTimeoutMs,
          memberId,
          groupInstanceId,
          protocolType: options.protocolType,
          protocols: options.protocols(),
        },
        coordinator,
        { dedicated: lane, timeoutMs: options.rebalanceTimeoutMs + joinLapseMs },
      ),
    )
    if (joined.errorCode === 79) memberId = joined.memberId
    if (joined.errorCode !== 0) throw KafkaError.of(joined.errorCode, groupId)
    memberId = joined.memberId
    generation = joined.generationId
    lastAnswerAt = clock.monotonic()
    const assignments = await assignmentsOf(joined)
    const synced = await timed(
      'sync',
      client.call(
        'SyncGroup',
        {
          groupId,
          generationId: generation,
          memberId,
          groupInstanceId,
          protocolType: options.protocolType,
          protocolName: joined.protocolName,
          assignments,
        },
        coordinator,
        { dedicated: lane, timeoutMs: options.rebalanceTimeoutMs + joinLapseMs },
      ),
    )
    if (synced.errorCode !== 0) throw KafkaError.of(synced.errorCode, groupId)
    lastAnswerAt = clock.monotonic()
    return {
      memberId,
      generation,
      leaderId: joined.leader,
      isLeader: joined.leader === memberId,
      protocol: joined.protocolName ?? '',
      assignment: synced.assignment,
    }
  }

  async function assignmentsOf(joined: ResponseOf<'JoinGroup'>) {
    if (joined.leader !== joined.memberId || joined.skipAssignment) return []
    const assigned = await options.assign({
      protocol: joined.protocolName ?? '',
      generation: joined.generationId,
      leaderId: joined.leader,
      members: joined.members,
    })
    return [...assigned].map(([id, assignment]) => ({ memberId: id, assignment }))
  }

  async function keepAlive(ofGeneration: number, signal: AbortSignal) {
    let told = false
    let failures = 0
    const lost = (reason: string) => {
      heartbeats?.abort()
      options.onLost(reason)
    }
    signal.addEventListener('abort', () => nap.abort())
    while (!signal.aborted) {
      nap = new AbortController()
      const intervalMs = options.heartbeatIntervalMs
      const waitMs = failures === 0 ? intervalMs : Math.min(client.retryDelayMs(failures - 1), intervalMs)
      if (!(await isPolledFor(waitMs, nap.signal))) return leaveUnpolled(lost)
      if (signal.aborted) return
      const answer = await heartbeat(ofGeneration)
      if (signal.aborted) return
      if (answer === undefined) {
        if (clock.monotonic() - lastAnswerAt > options.sessionTimeoutMs)
          return lost('the group coordinator does not answer')
        failures++
        continue
      }
      switch (answer.errorName) {
        case 'NONE':
          failures = 0
          break
        case 'REBALANCE_IN_PROGRESS':
          failures = 0
          if (!told) options.onRebalanceNeeded()
          told = true
          break
        case 'FENCED_INSTANCE_ID':
          reset(false)
          if (!options.onFenced) return lost(answer.message)
          heartbeats?.abort()
          return options.onFenced(answer)
        case 'UNKNOWN_MEMBER_ID':
          reset(false)
          return lost(answer.message)
        case 'ILLEGAL_GENERATION':
          reset(true)
          return lost(answer.message)
        default:
          client.invalidate(coordinator)
          failures++
      }
    }
  }

  /** Waits that long, or less when the signal aborts; false as soon as the owner should have come back and has not. */
  async function isPolledFor(ms: number, signal: AbortSignal): Promise<boolean> {
    const until = clock.monotonic() + ms
    for (let now = clock.monotonic(); now < until && !signal.aborted; now = clock.monotonic()) {
      const dueAt = options.pollDueAt?.() ?? Number.POSITIVE_INFINITY
      if (dueAt <= now) return false
      await clock.sleep(Math.min(until, dueAt) - now, signal)
    }
    return true
  }

  /** I7: what it holds counts as lost before the coordinator may give it away. */
  async function leaveUnpolled(lost: (reason: string) => void) {
    client.logger.warn(pollTimeoutExpired)
    const reason = 'consumer poll timeout has expired.'
    const left = leave(reason)
    lost(reason)
    try {
      await left
    } catch (error) {
      client.logger.debug(`Group ${groupId} was not left: ${messageOf(error)}`)
    }
  }

  /** The coordinator's answer as an error of the table (NONE is one); undefined when there was no answer. */
  async function heartbeat(ofGeneration: number): Promise<KafkaError | undefined> {
    try {
      const { errorCode } = await timed(
        'heartbeat',
        client.call('Heartbeat', { groupId, generationId: ofGeneration, memberId, groupInstanceId }, coordinator, {
          timeoutMs: options.sessionTimeoutMs,
        }),
      )
      if (errorCode === 0 || errorCode === 27) lastAnswerAt = clock.monotonic()
      return KafkaError.of(errorCode, groupId)
    } catch (error) {
      client.logger.debug(`No answer to a heartbeat of group ${groupId}: ${messageOf(error)}`)
      client.invalidate(coordinator)
      return undefined
    }
  }

  async function leave(reason: string) {
    heartbeats?.abort()
    client.closeDedicated(lane)
    if (memberId === '') return
    const leaving = { memberId, groupInstanceId, reason }
    reset(false)
    // A static member keeps its place for when it comes back (KIP-345).
    if (groupInstanceId !== null) return
    // When the session is over it has left anyway.
    const { errorCode } = await client.call('LeaveGroup', { groupId, members: [leaving] }, coordinator, {
      timeoutMs: options.sessionTimeoutMs,
    })
    if (errorCode !== 0 && errorCode !== 25) throw KafkaError.of(errorCode, groupId)
  }

  return {
    join,
    heartbeatSoon: () => nap.abort(),
    leave,
    get memberId() {
      return memberId
    },
    get generation() {
      return generation
    },
    get lastAnswerAt() {
      return lastAnswerAt
    },
    async [Symbol.asyncDispose]() {
      heartbeats?.abort()
      client.closeDedicated(lane)
    },
  }
}
