import type { ShownState } from '#components/state/state-look.ts'
import type { ConnectorStatus, StalledTask } from '#server/contract/connector.ts'

/** One word for a connector and all its tasks, and the sentence that says why. */
export interface Health {
  state: ShownState
  sentence: string
  failedTasks: number[]
}

type Judged = Pick<ConnectorStatus, 'connector' | 'tasks'>

/** The worst of connector and tasks decides: a running connector with a failed task has failed as far as a person is concerned. */
export function healthOf(status: Judged | null | undefined, stalls: readonly Pick<StalledTask, 'task'>[] = []): Health {
  if (!status) return { state: 'UNKNOWN', sentence: 'no status reported yet', failedTasks: [] }
  const { connector, tasks } = status
  const failedTasks = tasks.filter((task) => task.state === 'FAILED').map((task) => task.id)
  if (connector.state === 'FAILED') return { state: 'FAILED', sentence: 'the connector failed', failedTasks }
  if (failedTasks.length > 0) {
    return { state: 'FAILED', sentence: `${failedTasks.length} of ${tasks.length} tasks failed`, failedTasks }
  }
  if (connector.state !== 'RUNNING') return { state: connector.state, sentence: '', failedTasks }
  const waiting = tasks.filter((task) => task.state !== 'RUNNING')
  const first = waiting[0]
  // One that hangs in its start has no status yet.
  const stalled = stalls.filter(({ task }) => (tasks.find(({ id }) => id === task)?.state ?? 'RUNNING') === 'RUNNING')
  if (stalled.length > 0) {
    const of = Math.max(tasks.length, stalled.length)
    return { state: 'STALLED', sentence: `${stalled.length} of ${of} tasks stalled`, failedTasks }
  }
  if (!first) return { state: 'RUNNING', sentence: '', failedTasks }
  return {
    state: first.state,
    sentence: `${waiting.length} of ${tasks.length} tasks ${first.state.toLowerCase()}`,
    failedTasks,
  }
}

/** The order in which a list shows states: what is wrong comes first. */
export const urgency: Record<ShownState, number> = {
  FAILED: 0,
  STALLED: 1,
  UNKNOWN: 2,
  UNASSIGNED: 3,
  RESTARTING: 4,
  RUNNING: 5,
  PAUSED: 6,
  STOPPED: 7,
}
