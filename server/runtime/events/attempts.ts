import { type TaskId, taskName } from '#server/contract/connector.ts'
import type { EventEntry } from '#server/contract/events.ts'

/**
 * Numbers the starts of each task across the group, as far as the events topic remembers them: whoever starts a task says
 * a higher number than anybody said before.
 */
export interface Attempts {
  /** The task is started here. */
  begin(id: TaskId): void
  /** The number of its newest start that was begun here; undefined for one that was not. */
  current(id: TaskId): number | undefined
  /** What somebody wrote. */
  seen(entry: EventEntry): void
  /** The connector is gone, and what will have its name begins anew. */
  forget(connector: string): void
}

export function createAttempts(): Attempts {
  /** By connector, and by task. */
  const newest = new Map<string, Map<number, number>>()
  const own = new Map<string, number>()

  const known = ({ connector, task }: TaskId) => newest.get(connector)?.get(task) ?? 0

  function note({ connector, task }: TaskId, attempt: number): void {
    const tasks = newest.get(connector) ?? new Map<number, number>()
    newest.set(connector, tasks.set(task, attempt))
  }

  return {
    begin(id) {
      const attempt = known(id) + 1
      note(id, attempt)
      own.set(taskName(id), attempt)
    },
    current: (id) => own.get(taskName(id)),
    seen({ connector, task, attempt, kind, detail }) {
      if (connector === undefined) return
      if (kind === 'config' && detail?.change === 'deleted') newest.delete(connector)
      else if (task !== undefined && attempt !== undefined && attempt > known({ connector, task })) {
        note({ connector, task }, attempt)
      }
    },
    forget(connector) {
      for (const task of newest.get(connector)?.keys() ?? []) own.delete(taskName({ connector, task }))
      newest.delete(connector)
    },
  }
}
