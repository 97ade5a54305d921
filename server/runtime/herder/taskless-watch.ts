import type { Clock } from '#server/contract/clock.ts'
import type { InstanceState, TasklessConnector } from '#server/contract/connector.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { EventWriter } from '#server/runtime/events/event-log.ts'
import type { Instance } from '#server/runtime/status-store.ts'

/** Says which connectors of this worker run without tasks, and whether they made none or could not make any (I8). */
export interface TasklessWatch {
  /** A connector was asked for its tasks, and these are what it has now. */
  made(connector: string, tasks: number): void
  /** It was asked, and there is no answer that could be kept; it is asked again. */
  failing(connector: string, reason: string): void
  heard(instance: Instance, state: InstanceState | 'GONE'): void
  /** Longest first. */
  current(): TasklessConnector[]
}

const noneMade = 'it was asked for its tasks and made none'

export function createTasklessWatch(options: {
  /** Those that it has by its config, whether they run or not. */
  taskCount(connector: string): number
  workerId(): string
  events: EventWriter
  clock: Pick<Clock, 'now'>
  logger: Logger
}): TasklessWatch {
  const { taskCount, events, clock, logger } = options
  const all = new Map<string, Pick<TasklessConnector, 'why' | 'since' | 'reason'>>()

  function without(connector: string, why: TasklessConnector['why'], reason: string): void {
    const known = all.get(connector)
    all.set(connector, { why, reason, since: known?.since ?? clock.now() })
    if (known?.why === why) return
    const message =
      why === 'none-made'
        ? `Connector ${connector} made no tasks: nothing is moved until it asks to be asked again, or its config changes`
        : `Connector ${connector} has no tasks, because they cannot be made; it is asked again: ${reason}`
    say('no-tasks', connector, message, { why, reason })
  }

  function say(kind: 'no-tasks' | 'progress', connector: string, message: string, detail: Record<string, unknown>) {
    const level = kind === 'no-tasks' ? 'WARN' : 'INFO'
    logger.log(level, message, { connector })
    events.write({ connector, kind, level, message, detail })
  }

  return {
    made(connector, tasks) {
      if (tasks === 0) return without(connector, 'none-made', noneMade)
      if (all.delete(connector)) say('progress', connector, `Connector ${connector} has tasks: ${tasks}`, { tasks })
    },
    failing(connector, reason) {
      // With tasks of an earlier config it goes on with those.
      if (taskCount(connector) === 0) without(connector, 'failing', reason)
    },
    heard(instance, state) {
      if ('connector' in instance && state !== 'RUNNING') all.delete(instance.connector)
    },
    current: () =>
      [...all]
        .filter(([connector]) => taskCount(connector) === 0)
        .map(([connector, known]) => ({ connector, worker: options.workerId(), ...known }))
        .sort((a, b) => a.since - b.since),
  }
}
