import type { Clock } from '#server/contract/clock.ts'
import type { InstanceState, StalledInstance } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import { type Evidence, judgeStall, lookEveryMs, type Stall, stageWord, type Unfinished } from '#server/core/stall.ts'
import type { EventWriter } from '#server/runtime/events/event-log.ts'
import { idOf, nameOf } from '#server/runtime/events/instance-events.ts'
import type { TaskEvidence } from '#server/runtime/plugin-host.ts'
import type { Instance } from '#server/runtime/status-store.ts'

/**
 * Says which connectors and tasks of this worker are stalled: tasks from what their threads tell of them, and from their
 * silence; connectors from the hooks that they do not come back from, and from tasks that cannot be made (I8).
 */
export interface StallWatch {
  /** What tasks that are here have not finished. */
  progress(tasks: readonly TaskEvidence[]): void
  /** Everything that a connector that is here has not finished. */
  connectorProgress(connector: string, unfinished: readonly Unfinished[]): void
  /** A connector could not be brought to have tasks, and it is tried again; null: it has them, or that is given up. */
  makingTasks(connector: string, failure: string | null): void
  heard(instance: Instance, state: InstanceState | 'GONE'): void
  /** Longest first. */
  current(): StalledInstance[]
}

interface Known {
  instance: Instance
  /** What a task's thread last said of it. */
  seen: Evidence | null
  /** When that came; null where silence says nothing, as of a connector. */
  toldAt: number | null
  /** The hooks of a connector, each known from its beginning to its end. */
  hooks: readonly Unfinished[]
  /** What is tried again and again for it. */
  failing: Unfinished | null
  stall: Stall | null
}

const making = 'generating task configs for'

export function createStallWatch(options: {
  /** Of one connector; 0: no verdict. */
  intervalOf(connector: string): number
  workerId(): string
  events: EventWriter
  clock: Clock
  signal: AbortSignal
  logger: Logger
}): StallWatch {
  const { events, clock, signal, logger } = options
  const all = new Map<string, Known>()
  let watching = false
  let rest = new AbortController()

  /** People are told the time of day. */
  const dateOf = (at: number) => Math.round(clock.now() - (clock.monotonic() - at))
  const intervalOf = ({ instance }: Pick<Known, 'instance'>) => options.intervalOf(idOf(instance).connector)

  function judge(known: Known): void {
    const { instance, seen, toldAt, hooks, failing } = known
    const now = clock.monotonic()
    const intervalMs = intervalOf(known)
    const silence = toldAt === null ? [] : [{ stage: 'running', since: toldAt, reason: 'its thread answers nothing' }]
    const current = { unfinished: [...hooks, ...silence, ...(failing ? [failing] : [])], at: now }
    const stall = judgeStall(seen ? [seen, current] : [current], intervalMs)
    if (stall && !known.stall) {
      const since = new Date(dateOf(stall.since)).toISOString()
      const message = `${nameOf(instance)} is stalled in ${stageWord(stall.stage)} since ${since}: ${stall.reason}`
      const detail = { ...stall, since: dateOf(stall.since), stage: stageWord(stall.stage), intervalMs }
      say('stalled', instance, message, detail)
    } else if (!stall && known.stall) {
      const stalledForMs = now - known.stall.since
      const message = `${nameOf(instance)} makes progress again, after ${Math.round(stalledForMs / 1_000)} s without`
      say('progress', instance, message, { stalledForMs })
    }
    known.stall = stall
  }

  function say(kind: 'stalled' | 'progress', of: Instance, message: string, detail: Record<string, unknown>): void {
    const level = kind === 'stalled' ? 'WARN' : 'INFO'
    logger.log(level, message, idOf(of))
    events.write({ ...idOf(of), kind, level, message, detail })
  }

  /** Nothing ticks on a worker where nothing could stall. */
  async function keepLooking(): Promise<void> {
    if (watching) return
    watching = true
    while (all.size > 0 && !signal.aborted) {
      const intervals = [...all.values()].map(intervalOf).filter((ms) => ms > 0)
      rest = new AbortController()
      await clock.sleep(lookEveryMs(Math.min(...intervals, 60_000)), AbortSignal.any([rest.signal, signal]))
      if (signal.aborted) break
      for (const known of all.values()) judge(known)
    }
    watching = false
  }

  function note(instance: Instance, news: Partial<Pick<Known, 'seen' | 'toldAt' | 'hooks' | 'failing'>>): void {
    const name = nameOf(instance)
    // One that comes anew may have to be looked at more often.
    if (!all.has(name)) rest.abort()
    const known = all.get(name) ?? { instance, seen: null, toldAt: null, hooks: [], failing: null, stall: null }
    Object.assign(known, news)
    all.set(name, known)
    judge(known)
    if (known.toldAt === null && known.hooks.length === 0 && !known.failing) all.delete(name)
    void keepLooking()
  }

  return {
    progress(tasks) {
      for (const { task, ...seen } of tasks) note({ task }, { seen, toldAt: clock.monotonic() })
    },
    connectorProgress: (connector, unfinished) => note({ connector }, { hooks: unfinished }),
    makingTasks(connector, reason) {
      const since = all.get(nameOf({ connector }))?.failing?.since ?? clock.monotonic()
      note({ connector }, { failing: reason === null ? null : { stage: making, since, reason } })
    },
    heard(instance, state) {
      if (state === 'RUNNING') return
      const isTask = 'task' in instance
      // A connector that is put to rest is not asked for tasks; one that hangs on its way there is told on.
      if (!isTask && (state === 'PAUSED' || state === 'STOPPED')) return note(instance, { failing: null })
      // What becomes of it now is told as its state.
      if (state !== 'PAUSED') all.delete(nameOf(instance))
    },
    current: () =>
      [...all.values()]
        .flatMap((known) => {
          const { instance, stall } = known
          if (!stall) return []
          const place = { ...idOf(instance), worker: options.workerId() }
          const verdict = { ...stall, since: dateOf(stall.since), stage: stageWord(stall.stage) }
          return [{ ...place, ...verdict, intervalMs: intervalOf(known) }]
        })
        .sort((a, b) => a.since - b.since),
  }
}
