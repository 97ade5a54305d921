import type { ShownState } from '#components/state/state-look.ts'
import type { ConnectorStatus, StalledInstance, TasklessConnector } from '#server/contract/connector.ts'
import { mayStall } from '#server/contract/may-stall.ts'

/** One word for a connector and all its tasks, and the sentence that says why. */
export interface Health {
  state: ShownState
  sentence: string
  failedTasks: number[]
}

type Judged = Pick<ConnectorStatus, 'connector' | 'tasks'>

/** The worst of connector and tasks decides: a running connector with a failed task has failed as far as a person is concerned. */
export function healthOf(
  status: Judged | null | undefined,
  stalls: readonly Pick<StalledInstance, 'task'>[] = [],
  taskless?: Pick<TasklessConnector, 'why'>,
): Health {
  const hangs = stalls.some(({ task }) => task === undefined)
  // Without a status, too: it may have hung ever since it was created.
  if (hangs && status?.connector.state !== 'FAILED' && !status?.tasks.some(({ state }) => state === 'FAILED')) {
    return { state: 'STALLED', sentence: 'the connector stalled', failedTasks: [] }
  }
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
  const stalled = stalls.filter(
    ({ task }) => task !== undefined && mayStall(tasks.find(({ id }) => id === task)?.state),
  )
  if (stalled.length > 0) {
    const of = Math.max(tasks.length, stalled.length)
    return { state: 'STALLED', sentence: `${stalled.length} of ${of} tasks stalled`, failedTasks }
  }
  if (taskless && tasks.length === 0) {
    return { state: 'TASKLESS', sentence: taskless.why === 'none-made' ? 'made none' : 'cannot make any', failedTasks }
  }
  if (!first) return { state: 'RUNNING', sentence: '', failedTasks }
  return {
    state: first.state,
    sentence: `${waiting.length} of ${tasks.length} tasks ${first.state.toLowerCase()}`,
    failedTasks,
  }
}

/** Whether a person should look at it: on the home page, and counted beside its name in the rail. */
export const needsAttention = ({ state }: Health): boolean =>
  state === 'FAILED' || state === 'STALLED' || state === 'TASKLESS' || state === 'UNASSIGNED'

/** The tasks as a row of blocks shows them: those that make no progress apart, also one that has no status yet. */
export function taskStates(
  tasks: readonly { id: number; state: ShownState }[],
  stalls: readonly Pick<StalledInstance, 'task'>[],
): { id: number; state: ShownState }[] {
  const stalled = new Set(stalls.flatMap(({ task }) => task ?? []))
  const unknown = [...stalled].filter((task) => !tasks.some(({ id }) => id === task))
  return [
    ...tasks.map(({ id, state }) => ({ id, state: mayStall(state) && stalled.has(id) ? ('STALLED' as const) : state })),
    ...unknown.map((id) => ({ id, state: 'STALLED' as const })),
  ]
}

/** The order in which a list shows states: what is wrong comes first. */
export const urgency: Record<ShownState, number> = {
  FAILED: 0,
  STALLED: 1,
  TASKLESS: 2,
  UNKNOWN: 3,
  UNASSIGNED: 4,
  RESTARTING: 5,
  RUNNING: 6,
  PAUSED: 7,
  STOPPED: 8,
}
