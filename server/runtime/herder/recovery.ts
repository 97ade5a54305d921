import type { Clock } from '#server/contract/clock.ts'
import type { InstanceState, Recovery } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import { judgeFailure, type RestartHistory, type RestartPolicy } from '#server/core/restart-policy.ts'
import type { EventWriter } from '#server/runtime/events/event-log.ts'
import { idOf, nameOf } from '#server/runtime/events/instance-events.ts'
import type { StatusReports } from '#server/runtime/herder/status-reports.ts'
import type { Instance } from '#server/runtime/status-store.ts'

/** What this worker does about what failed on it, soonest first. */
export type Recoveries = () => Recovery[]

interface Known extends RestartHistory {
  instance: Instance
  /** What was decided about the last failure; null while nothing has failed, or nothing is decided here. */
  decided: Pick<Recovery, 'attempt' | 'attempts' | 'restartAt' | 'stays'> | null
  /** Ends the wait for a restart that is due. */
  waiting: AbortController | undefined
  /** The restart under way was begun here: what is said meanwhile does not begin the count anew. */
  restarting: boolean
}

/**
 * Restarts what failed (I10), by the policy of each connector. It hears every state that this worker reports, and keeps
 * the count of each instance as long as the worker holds it: who takes it over begins anew.
 */
export function createRecovery(options: {
  /** Null: failures are left to a person. */
  policyOf(connector: string): RestartPolicy | null
  restart(instance: Instance): Promise<unknown>
  workerId(): string
  clock: Clock
  signal: AbortSignal
  events: EventWriter
  logger: Logger
}): {
  heard(instance: Instance, state: InstanceState | 'GONE', trace: string | undefined): void
  current: Recoveries
} {
  const { clock, logger } = options
  const all = new Map<string, Known>()

  function failed(instance: Instance, name: string, known: Known, trace: string): void {
    const policy = options.policyOf(connectorOf(instance))
    if (!policy) return
    const verdict = judgeFailure(known, { at: clock.monotonic(), trace }, policy, clock.random())
    const fields = idOf(instance)
    const { attempts } = policy
    if (verdict.verdict === 'leave') {
      known.decided = { attempt: known.made, attempts, restartAt: null, stays: verdict.why }
      const why =
        verdict.why === 'fatal' ? 'a restart would fail in the same way' : `${policy.attempts} restarts did not help`
      logger.warn(`${name} stays FAILED: ${why}`, fields)
      tell(`${name} stays FAILED: ${why}`, fields, { stays: verdict.why })
      return
    }
    known.made = verdict.attempt
    known.decided = { attempt: verdict.attempt, attempts, restartAt: clock.now() + verdict.delayMs, stays: null }
    known.runningSince = null
    const { restartAt } = known.decided
    const wait = `restarts in ${Math.ceil(verdict.delayMs / 1000)} s`
    const nth = `(attempt ${verdict.attempt} of ${policy.attempts})`
    logger.warn(`${name} failed and ${wait} ${nth}`, fields)
    tell(`${name} ${wait} ${nth}`, fields, { restart: verdict.attempt, of: policy.attempts, restartAt })
    void restartAfter(verdict.delayMs, instance, known)
  }

  function tell(message: string, of: ReturnType<typeof idOf>, detail: Record<string, unknown>): void {
    options.events.write({ ...of, kind: 'restart', level: 'WARN', message, detail: { by: 'policy', ...detail } })
  }

  async function restartAfter(delayMs: number, instance: Instance, known: Known): Promise<void> {
    const waiting = new AbortController()
    known.waiting = waiting
    await clock.sleep(delayMs, AbortSignal.any([waiting.signal, options.signal]))
    if (waiting.signal.aborted || options.signal.aborted) return
    known.waiting = undefined
    known.restarting = true
    await options.restart(instance)
    known.restarting = false
  }

  return {
    heard(instance, state, trace) {
      const name = nameOf(instance)
      const known: Known = all.get(name) ?? {
        instance,
        made: 0,
        runningSince: null,
        decided: null,
        waiting: undefined,
        restarting: false,
      }
      known.waiting?.abort()
      known.waiting = undefined
      known.decided = null
      if (state === 'FAILED') {
        all.set(name, known)
        failed(instance, name, known, trace ?? '')
      } else if (state === 'RUNNING') {
        known.runningSince = clock.monotonic()
        all.set(name, known)
      } else if (!known.restarting) {
        // Somebody else decided what becomes of it: a person, a new config, the group.
        all.delete(name)
      }
    },
    current: () =>
      [...all.values()]
        .flatMap(({ instance, decided }) =>
          decided ? [{ ...idOf(instance), worker: options.workerId(), ...decided }] : [],
        )
        .sort((a, b) => (a.restartAt ?? Infinity) - (b.restartAt ?? Infinity)),
  }
}

/** Reports that are also heard by whoever restarts what failed. */
export function heardBy(
  recovery: { heard(instance: Instance, state: InstanceState | 'GONE', trace: string | undefined): void },
  reports: StatusReports,
): StatusReports {
  return {
    ...reports,
    say(instance, state, more) {
      reports.say(instance, state, more)
      recovery.heard(instance, state, more?.trace)
    },
    forget(instance) {
      reports.forget(instance)
      recovery.heard(instance, 'GONE', undefined)
    },
  }
}

const connectorOf = (instance: Instance) => ('connector' in instance ? instance.connector : instance.task.connector)
