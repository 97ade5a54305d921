import { randomBytes } from 'node:crypto'
import type { Clock } from '#server/contract/clock.ts'
import { type InstanceState, taskName } from '#server/contract/connector.ts'
import { messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import { isConfigured } from '#server/core/config-fold.ts'
import { workerIdOf } from '#server/core/worker-id.ts'
import type { ConfigStore } from '#server/runtime/config-store.ts'
import type { EventWriter } from '#server/runtime/events/event-log.ts'
import { stateEvent } from '#server/runtime/events/instance-events.ts'
import type { AssignedMember } from '#server/runtime/group-assignment.ts'
import type { StatusReports } from '#server/runtime/herder/status-reports.ts'
import type { Instance, StatusStore } from '#server/runtime/status-store.ts'
import type { WorkerConfig } from '#server/runtime/worker-config.ts'

/** What the leader of the group does beside answering requests. */
export interface LeaderDuties {
  /** Writes a session key when there is none, when it is too old, or when its algorithm or size is no longer wanted. */
  ensureSessionKey(): Promise<void>
  /** The same, and again each time the key gets too old, until the signal aborts (a time to live of 0 is for ever). */
  keepSessionKey(signal: AbortSignal): Promise<void>
  /** Takes back what statuses and used topics say of connectors and tasks that no longer exist. */
  cleanStatuses(): Promise<void>
  /** I8: says of what ran on workers that are gone that nobody runs it. */
  markDeparted(members: readonly AssignedMember[], generation: number): void
}

/** What a worker that is gone can no longer be doing. */
const alive: ReadonlySet<InstanceState> = new Set(['RUNNING', 'PAUSED', 'STOPPED', 'RESTARTING'])

/** How long a key that could not be written is done without. */
const rewriteMs = 1_000
/** What a timer can count. */
const longestWaitMs = 2 ** 31 - 1

export function createLeaderDuties(options: {
  configs: ConfigStore
  statuses: StatusStore
  reports: StatusReports
  events: EventWriter
  signing: WorkerConfig['signing']
  clock: Pick<Clock, 'now' | 'sleep'>
  logger: Logger
}): LeaderDuties {
  const { configs, statuses, reports, events, signing, clock, logger } = options

  /** Of the key that is stored, in ms since the epoch. */
  function expiresAt(): number {
    const { sessionKey } = configs.state
    if (!sessionKey) return 0
    return signing.keyTtlMs > 0 ? sessionKey.createdAt + signing.keyTtlMs : Number.POSITIVE_INFINITY
  }

  async function ensureSessionKey(): Promise<void> {
    const { sessionKey } = configs.state
    const bytes = sessionKey ? Buffer.from(sessionKey.key, 'base64').length : 0
    const fits =
      sessionKey?.algorithm === signing.keyAlgorithm && bytes === signing.keyBytes && clock.now() < expiresAt()
    if (fits) return
    try {
      await configs.putSessionKey({
        key: randomBytes(signing.keyBytes).toString('base64'),
        algorithm: signing.keyAlgorithm,
        createdAt: clock.now(),
      })
    } catch (error) {
      logger.warn(`Could not write a new session key: ${messageOf(error)}`, { error })
    }
  }

  return {
    ensureSessionKey,
    async keepSessionKey(signal) {
      while (!signal.aborted) {
        await ensureSessionKey()
        const waitMs = expiresAt() - clock.now()
        await clock.sleep(Math.min(Math.max(waitMs, rewriteMs), longestWaitMs), signal)
      }
    },
    async cleanStatuses() {
      for (const connector of statuses.state.connectors.keys()) {
        if (!configs.state.connectors.has(connector)) reports.forget({ connector })
      }
      for (const { id } of statuses.state.tasks.values()) {
        if (!isConfigured(configs.state, id)) reports.forget({ task: id })
      }
      for (const connector of statuses.state.topics.keys()) {
        if (!configs.state.connectors.has(connector)) await statuses.removeTopics(connector)
      }
    },
    markDeparted(members, generation) {
      const left = new Map<string, number>()
      const present = new Set(members.map(({ url }) => workerIdOf(url)))
      const mark = (
        instance: Instance,
        { workerId, state, version }: { workerId: string; state: InstanceState; version: string | null },
      ) => {
        if (present.has(workerId) || !alive.has(state)) return
        const name = 'connector' in instance ? instance.connector : taskName(instance.task)
        logger.info(`${name} is unassigned: its worker ${workerId} is gone`)
        reports.sayFor({ workerId, generation }, instance, 'UNASSIGNED', version)
        stateEvent(events, instance, 'UNASSIGNED', `: its worker ${workerId} is gone`)
        left.set(workerId, (left.get(workerId) ?? 0) + 1)
      }
      for (const [connector, status] of statuses.state.connectors) mark({ connector }, status)
      for (const { id, status } of statuses.state.tasks.values()) mark({ task: id }, status)
      for (const [workerId, count] of left) {
        const message = `Worker ${workerId} is gone without a goodbye: ${count} of its connectors and tasks go to others`
        events.write({ kind: 'worker', level: 'WARN', message, detail: { change: 'gone', workerId, left: count } })
      }
    },
  }
}
