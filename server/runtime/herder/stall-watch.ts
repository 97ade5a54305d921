import type { Clock } from '#server/contract/clock.ts'
import { type InstanceState, type StalledTask, type TaskId, taskName } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import { judgeStall, lookEveryMs, type Stall, stageWord } from '#server/core/stall.ts'
import type { EventWriter } from '#server/runtime/events/event-log.ts'
import type { TaskEvidence } from '#server/runtime/plugin-host.ts'
import type { Instance } from '#server/runtime/status-store.ts'

/** Says which tasks of this worker are stalled, from what their threads tell of them, and from their silence (I8). */
export interface StallWatch {
  /** What tasks that are here have not finished. */
  progress(tasks: readonly TaskEvidence[]): void
  heard(instance: Instance, state: InstanceState | 'GONE'): void
  /** Longest first. */
  current(): StalledTask[]
}

interface Known {
  id: TaskId
  evidence: TaskEvidence['unfinished']
  toldAt: number
  stall: Stall | null
}

export function createStallWatch(options: {
  /** Of one connector; 0: no verdict. */
  intervalOf(connector: string): number
  workerId(): string
  events: EventWriter
  clock: Clock
  signal: AbortSignal
  logger: Logger
}): StallWatch {
  const { intervalOf, events, clock, signal, logger } = options
  const all = new Map<string, Known>()
  let watching = false

  /** People are told the time of day. */
  const dateOf = (at: number) => Math.round(clock.now() - (clock.monotonic() - at))

  function judge(known: Known): void {
    const { id, evidence, toldAt } = known
    const now = clock.monotonic()
    const intervalMs = intervalOf(id.connector)
    const silence = { stage: 'running', since: toldAt, reason: 'its thread answers nothing' }
    const stall = judgeStall([...evidence, silence], now, intervalMs)
    const name = taskName(id)
    if (stall && !known.stall) {
      const since = new Date(dateOf(stall.since)).toISOString()
      const message = `Task ${name} is stalled in ${stageWord(stall.stage)} since ${since}: ${stall.reason}`
      say('stalled', id, message, { ...stall, since: dateOf(stall.since), stage: stageWord(stall.stage), intervalMs })
    } else if (!stall && known.stall) {
      const stalledForMs = now - known.stall.since
      say('progress', id, `Task ${name} makes progress again, after ${Math.round(stalledForMs / 1_000)} s without`, {
        stalledForMs,
      })
    }
    known.stall = stall
  }

  function say(kind: 'stalled' | 'progress', id: TaskId, message: string, detail: Record<string, unknown>): void {
    const level = kind === 'stalled' ? 'WARN' : 'INFO'
    logger.log(level, message, id)
    events.write({ ...id, kind, level, message, detail })
  }

  /** Nothing ticks on a worker without tasks. */
  async function watchSilence(): Promise<void> {
    if (watching) return
    watching = true
    while (all.size > 0 && !signal.aborted) {
      const intervals = [...all.values()].map(({ id }) => intervalOf(id.connector)).filter((ms) => ms > 0)
      await clock.sleep(lookEveryMs(Math.min(...intervals, 60_000)), signal)
      if (signal.aborted) break
      for (const known of all.values()) judge(known)
    }
    watching = false
  }

  return {
    progress(tasks) {
      for (const { task, unfinished } of tasks) {
        const name = taskName(task)
        const known = all.get(name) ?? { id: task, evidence: [], toldAt: 0, stall: null }
        Object.assign(known, { evidence: unfinished, toldAt: clock.monotonic() })
        all.set(name, known)
        judge(known)
      }
      void watchSilence()
    },
    heard(instance, state) {
      if (!('task' in instance) || state === 'RUNNING' || state === 'PAUSED') return
      // What becomes of it now is told as its state.
      all.delete(taskName(instance.task))
    },
    current: () =>
      [...all.values()]
        .flatMap(({ id, stall }) =>
          stall
            ? [
                {
                  ...id,
                  worker: options.workerId(),
                  ...stall,
                  since: dateOf(stall.since),
                  stage: stageWord(stall.stage),
                  intervalMs: intervalOf(id.connector),
                },
              ]
            : [],
        )
        .sort((a, b) => a.since - b.since),
  }
}
