import type { Clock } from '#server/contract/clock.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { ConfigState } from '#server/core/config-fold.ts'
import { restAfterRoundMs } from '#server/core/round-rest.ts'
import { isNoWork, joinWork, noWork, type Work, withoutWork } from '#server/core/work.ts'
import { backOffMs } from '#server/kafka/back-off.ts'
import type { KafkaClient } from '#server/kafka/client.ts'
import {
  createGroupMember,
  type GroupMemberOptions,
  type Membership as Joined,
  type LeaderView,
} from '#server/kafka/group-member.ts'
import {
  type ConnectAssignment,
  type ConnectProtocolVersion,
  decodeConnectAssignment,
  encodeConnectMetadata,
  type GroupTopics,
} from '#server/protocol/connect-bytes.ts'
import { protocolNames, protocolVersion } from '#server/runtime/group-assignment.ts'
import type { Stages } from '#server/runtime/stages.ts'
import { createWakeUp } from '#server/runtime/wake-up.ts'
import { watchTouch } from '#server/runtime/watch-touch.ts'
import { within } from '#server/runtime/within.ts'
import type { WorkerConfig } from '#server/runtime/worker-config.ts'

/** Where this worker stands in the group. */
export type GroupView =
  | { state: 'outside' }
  /** Between asking for a new round and its end. The former leader may be none any more. */
  | { state: 'joining' }
  | {
      state: 'member'
      generation: number
      protocol: string
      isLeader: boolean
      leaderUrl: string
      /** Aborts when somebody else leads; absent where nobody else can. */
      leaderGone?: AbortSignal
      /** When the pending delay ends, by the monotonic clock; 0 when none is pending. */
      delayUntil: number
    }

export interface Membership extends AsyncDisposable {
  view(): GroupView
  /** The last generation this worker was part of; what statuses are stamped with. */
  generation(): number
  /** When the round that is under way, or was last, began on this worker, by the monotonic clock. */
  roundBegunAt(): number
  /** The work that the group gave to this worker. */
  held(): Work
  /** When the coordinator last answered, by the monotonic clock; 0 before the first answer. */
  lastAnswerAt(): number
  /** Another worker put something down: if that is for a round, this worker hears of it at once. */
  workPutDown(): void
  /** Asks for a new round: the config says so up to this position. */
  configMoved(offset: number): void
  /** Resolves when this worker is a member and no round is under way; rejects when the signal aborts. */
  settled(signal?: AbortSignal): Promise<Extract<GroupView, { state: 'member' }>>
  /** Runs until `stop`. */
  run(): Promise<void>
  /** Leaves the group after everything was put down. */
  stop(): Promise<void>
}

export interface MembershipOptions {
  client: KafkaClient
  config: WorkerConfig
  /** The address by which other workers reach this one. */
  url: string
  /** Where this worker keeps what its group shares. */
  topics: GroupTopics
  /** Rejects when this worker does not belong into the group; asked before it joins as somebody new. */
  mayJoin(): Promise<void>
  configs: { readonly state: ConfigState; readToEnd(signal?: AbortSignal): Promise<void> }
  assign(view: LeaderView): Promise<ReadonlyMap<string, Uint8Array>>
  /** What this worker holds has changed; `held()` says to what. */
  onHeld(): void
  /** Resolves when this work is down, told and flushed. */
  putDown(work: Work): Promise<void>
  onSettled(view: Extract<GroupView, { state: 'member' }>): void
  /** This worker may have been given up: from now on somebody else may lead, and hold what it held. */
  onLost(): void
  onAnswered: NonNullable<GroupMemberOptions['onAnswered']>
  clock: Clock
  logger: Logger
  stages: Stages
}

/** Heartbeats go at least this often, so that a lost worker is noticed soon, whatever the settings allow at most. */
const mostHeartbeatMs = 1_000
/**
 * A round that revokes is followed by one that gives, begun by whoever put something down; the others hear of it by
 * heartbeat, and writes wait for it. So for a moment after each round heartbeats go often, and after somebody put something
 * down: work that a worker leaves behind when it stops is nobody's until the others hear of it.
 */
const unrestHeartbeatMs = 20
const unrestMs = 1_000
let watchLanes = 0
/** At most this long between attempts of a worker that cannot read what the others have read. */
const mostBehindMs = 60_000
/** Goodbye to a coordinator that may be away; without it the session ends by itself. */
const goodbyeWithinMs = 2_000

/**
 * A worker's place in its group (Kafka: `WorkerCoordinator`). Work goes on during a round; what is revoked is put down
 * before the next one, which follows at once.
 *
 * I7: whoever is out of the group, or out of touch with its coordinator for longer than a heartbeat interval, puts
 * everything down by itself before anybody else may be given it.
 */
export function createMembership(options: MembershipOptions): Membership {
  const { client, config, clock, logger, configs, stages } = options
  const { group } = config
  const wake = createWakeUp()
  const stopping = new AbortController()
  let view: GroupView = { state: 'outside' }
  let held: Work = noWork
  let lastAssignment: ConnectAssignment | undefined
  let lastGeneration = -1
  let roundWanted = true
  let lost: string | undefined
  let movedTo = -1
  let begunAt = 0
  /** The next round follows from the last one, which took something from this worker. */
  let goesOn = false
  let settledAt = 0
  let stirredAt = Number.NEGATIVE_INFINITY
  let timesBehind = 0
  let leading = { url: '', gone: new AbortController() }
  let finished: Promise<void> = Promise.resolve()
  const settledWaiters = new Set<() => void>()
  const watchLane = `watch-${config.groupId}-${watchLanes++}`

  const member = createGroupMember(client, {
    groupId: config.groupId,
    protocolType: 'connect',
    sessionTimeoutMs: group.sessionTimeoutMs,
    rebalanceTimeoutMs: group.rebalanceTimeoutMs,
    get heartbeatIntervalMs() {
      return Math.min(group.heartbeatIntervalMs, isCalm() ? mostHeartbeatMs : unrestHeartbeatMs)
    },
    protocols: offeredProtocols,
    assign: options.assign,
    onAnswered: options.onAnswered,
    onRebalanceNeeded() {
      roundWanted = true
      wake.wake()
    },
    onLost: lose,
  })

  const isCalm = () => view.state === 'member' && clock.monotonic() - Math.max(settledAt, stirredAt) > unrestMs

  /** At once, not when the loop comes to it: a worker that may have been given up leads nobody any more. */
  function lose(reason: string): void {
    lost = reason
    view = { state: 'outside' }
    options.onLost()
    wake.wake()
  }

  /** When this worker has to count itself as out of touch, by the monotonic clock. */
  const outOfTouchAt = (since: number) => since + group.heartbeatIntervalMs + mostHeartbeatMs

  function offeredProtocols() {
    const highest = protocolVersion(group.protocol === 'eager' ? 'default' : group.protocol)
    const versions = Array.from({ length: highest + 1 }, (_, i) => (highest - i) as ConnectProtocolVersion)
    return versions.map((version) => ({ name: protocolNames[version], metadata: metadata(version) }))
  }

  function metadata(version: ConnectProtocolVersion): Buffer {
    const assignment: ConnectAssignment | null = isNoWork(held)
      ? null
      : {
          version,
          error: 0,
          leader: lastAssignment?.leader ?? null,
          leaderUrl: lastAssignment?.leaderUrl ?? null,
          offset: lastAssignment?.offset ?? -1,
          connectors: [...held.connectors],
          tasks: [...held.tasks],
          revokedConnectors: [],
          revokedTasks: [],
          delay: 0,
        }
    const { offset } = configs.state
    return encodeConnectMetadata({ version, url: options.url, offset, assignment, topics: options.topics })
  }

  function hold(work: Work): void {
    held = work
    options.onHeld()
  }

  async function putDownEverything(why: string): Promise<void> {
    if (isNoWork(held)) return
    logger.warn(`Stopping all connectors and tasks of this worker: ${why}`)
    const everything = held
    hold(noWork)
    await options.putDown(everything)
  }

  /** One round; what it revokes is down when this resolves. */
  async function round(): Promise<void> {
    if (view.state !== 'joining' && !goesOn) begunAt = clock.monotonic()
    goesOn = false
    view = { state: 'joining' }
    if (group.protocol === 'eager') await putDownEverything('the eager protocol wants it before a rebalance')
    if (timesBehind > 0 || lastGeneration < 0) await options.mayJoin()
    roundWanted = false
    lost = undefined
    const joined = await stages.run('ensuring membership in the cluster', join)
    const assignment = decodeConnectAssignment(joined.assignment)
    lastGeneration = joined.generation
    if (assignment.error !== 0 || configs.state.offset < assignment.offset) {
      if (!(await catchUp(assignment))) return stayOut()
    }
    if (assignment.error !== 0) {
      roundWanted = true
      return
    }
    timesBehind = 0
    lastAssignment = assignment
    const assigned: Work = assignment
    const revoked: Work = { connectors: assignment.revokedConnectors, tasks: assignment.revokedTasks }
    // Newest first: an assignor takes from the front, so what came last goes first and old work is left alone.
    hold(joinWork(assigned, withoutWork(held, revoked)))
    if (!isNoWork(revoked)) {
      // The round is over, and another one only wanted: who asks something is answered while this worker stops things.
      if (lost === undefined) become(joined, assignment)
      await options.putDown(revoked)
      goesOn = true
      roundWanted = true
      return
    }
    // What the config says by now is a reason for another round, which leaves some time after this one.
    if (lost !== undefined || roundWanted) return
    options.onSettled(become(joined, assignment))
  }

  /** A member, for whoever waits for that. */
  function become(joined: Joined, { leaderUrl, delay }: ConnectAssignment) {
    settledAt = clock.monotonic()
    if (leaderUrl !== leading.url) {
      leading.gone.abort()
      leading = { url: leaderUrl ?? '', gone: new AbortController() }
    }
    const joinedView = {
      state: 'member' as const,
      generation: joined.generation,
      protocol: joined.protocol,
      isLeader: joined.isLeader,
      leaderUrl: leading.url,
      leaderGone: leading.gone.signal,
      delayUntil: delay > 0 ? clock.monotonic() + delay : 0,
    }
    view = joinedView
    for (const resolve of [...settledWaiters]) resolve()
    return joinedView
  }

  /** Joins; meanwhile makes sure that the coordinator can be reached, and puts the work down when it cannot. */
  async function join(): Promise<Joined> {
    const joining = new AbortController()
    const watching = watchCoordinator(joining.signal)
    try {
      return await member.join(stopping.signal)
    } finally {
      joining.abort()
      await watching
    }
  }

  /** I7: whoever waits in a round hears nothing of the coordinator, so it is asked apart from that. */
  function watchCoordinator(joined: AbortSignal): Promise<void> {
    return watchTouch({
      clock,
      signal: AbortSignal.any([joined, stopping.signal]),
      ask: coordinatorAnswers,
      since: Math.max(begunAt, member.lastAnswerAt),
      outOfTouchAt,
      async onOutOfTouch() {
        options.onLost()
        await putDownEverything('no group coordinator')
        // I10: the join that is under way says that this worker holds what it has just put down, so another one follows.
        roundWanted = true
      },
    }).finally(() => client.closeDedicated(watchLane))
  }

  /** A request of its own on a connection of its own: one that is open may lead nowhere, and a join waits for others. */
  async function coordinatorAnswers(): Promise<boolean> {
    try {
      const coordinator = { coordinator: 'group', key: config.groupId } as const
      await client.call('ApiVersions', {}, coordinator, { dedicated: watchLane, timeoutMs: group.heartbeatIntervalMs })
      return true
    } catch (error) {
      logger.debug(`The group coordinator does not answer: ${messageOf(error)}`)
      return false
    }
  }

  async function catchUp({ offset }: ConnectAssignment): Promise<boolean> {
    const giveUp = new AbortController()
    const done = new AbortController()
    void clock.sleep(group.syncTimeoutMs, done.signal).then(() => giveUp.abort())
    try {
      await stages.run('reading to the end of the config topic', () => configs.readToEnd(giveUp.signal))
      return configs.state.offset >= offset
    } catch (error_) {
      logger.warn(`Could not read the config topic to its end: ${messageOf(error_)}`, { error: error_ })
      return false
    } finally {
      done.abort()
    }
  }

  /** A worker that cannot read what the others have read leaves, so that it holds nothing up, and tries again later. */
  async function stayOut(): Promise<void> {
    await putDownEverything('it is behind the config topic')
    await member.leave('behind the config topic').catch(() => undefined) // expelled later, then
    const waitMs =
      group.protocol === 'eager' ? group.unsyncBackOffMs : backOffMs(timesBehind++, clock.random(), 1_000, mostBehindMs)
    await clock.sleep(waitMs, stopping.signal)
    roundWanted = true
  }

  /** Waits for a reason for another round. */
  async function waitForReason(): Promise<void> {
    while (!stopping.signal.aborted) {
      const asked = wake.next()
      if (lost !== undefined) return
      if (view.state === 'member') {
        const { delayUntil } = view
        const moved = movedTo > (lastAssignment?.offset ?? -1)
        const dueAt = moved ? settledAt + restAfterRoundMs(held) : Number.POSITIVE_INFINITY
        if (roundWanted || clock.monotonic() >= dueAt) return
        if (delayUntil > 0 && clock.monotonic() >= delayUntil) return
        if (clock.monotonic() >= outOfTouchAt(member.lastAnswerAt)) return lose('no group coordinator')
        const delayOver = delayUntil > 0 ? delayUntil : Number.POSITIVE_INFINITY
        const next = Math.min(outOfTouchAt(member.lastAnswerAt), delayOver, dueAt)
        const over = new AbortController()
        await Promise.race([asked, clock.sleep(Math.max(1, next - clock.monotonic()), over.signal)])
        over.abort()
      } else return
    }
  }

  async function live(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      try {
        if (lost !== undefined) await putDownEverything(lost)
        await round()
        failures = 0
        await waitForReason()
      } catch (error) {
        if (stopping.signal.aborted) return
        view = { state: 'outside' }
        logger.error(`Taking part in group ${config.groupId} failed: ${messageOf(error)}`, { error })
        await putDownEverything('it is not in the group')
        await clock.sleep(backOffMs(failures++, clock.random(), 250, 10_000), stopping.signal)
      }
    }
  }

  return {
    view: () => view,
    generation: () => lastGeneration,
    roundBegunAt: () => begunAt,
    held: () => held,
    lastAnswerAt: () => member.lastAnswerAt,
    workPutDown() {
      const wasCalm = isCalm()
      stirredAt = clock.monotonic()
      if (wasCalm) member.heartbeatSoon()
    },
    configMoved(offset) {
      movedTo = Math.max(movedTo, offset)
      wake.wake()
    },
    /*
     * While a round is only wanted, the last one still counts: nobody else can lead before this worker has joined again or
     * was given up, so what the leader writes until then is read by whoever leads next. Once it joins it is unsure, and
     * once it was silent for long it is lost; then whoever asks waits for the next round.
     */
    settled(signal) {
      if (view.state === 'member' && clock.monotonic() >= outOfTouchAt(member.lastAnswerAt))
        lose('no group coordinator')
      if (view.state === 'member') return Promise.resolve(view)
      return new Promise((resolve, reject) => {
        const aborts = signal ? AbortSignal.any([signal, stopping.signal]) : stopping.signal
        const end = () => {
          settledWaiters.delete(done)
          aborts.removeEventListener('abort', give)
        }
        const give = () => {
          end()
          reject(new ConnectError('WORKER_STOPPING', 'Worker is shutting down'))
        }
        const done = () => {
          if (view.state !== 'member') return
          end()
          resolve(view)
        }
        settledWaiters.add(done)
        aborts.addEventListener('abort', give)
        if (aborts.aborted) give()
      })
    },
    run() {
      finished = live()
      return finished
    },
    async stop() {
      stopping.abort()
      wake.wake()
      await finished
      view = { state: 'outside' }
      const everything = held
      hold(noWork)
      if (!isNoWork(everything)) await options.putDown(everything)
      const goodbye = member.leave('the worker is stopped').catch((error: unknown) => {
        logger.warn(`Could not say goodbye to group ${config.groupId}: ${messageOf(error)}`, { error })
      })
      await within(clock, goodbyeWithinMs, goodbye)
    },
    [Symbol.asyncDispose]: () => member[Symbol.asyncDispose](),
  }
}
