import { type TaskId, taskName, type WorkerView } from '#server/contract/connector.ts'
import type { StatusState } from '#server/core/status-fold.ts'
import type { StoredStatus } from '#server/core/status-record.ts'

/** A worker that is known to be there, whether it has work or not. */
export interface KnownWorker {
  id: string
  url: string
  leader: boolean
}

/**
 * Who runs what, as the workers said it of themselves: for a group whose leader cannot be asked. Workers without work are
 * missing unless they are `known`; what nobody runs is left out.
 */
export function workersFromStatuses(
  statuses: Pick<StatusState, 'connectors' | 'tasks'>,
  known: readonly KnownWorker[],
  exists: { connector(name: string): boolean; task(id: TaskId): boolean },
): WorkerView[] {
  const workers = new Map<string, WorkerView>()
  const worker = (id: string): WorkerView => {
    const found = workers.get(id) ?? { id, url: `http://${id}/`, leader: false, connectors: [], tasks: [] }
    workers.set(id, found)
    return found
  }
  for (const { id, url, leader } of known) Object.assign(worker(id), { url, leader })
  for (const [connector, status] of statuses.connectors) {
    if (isHeld(status) && exists.connector(connector)) worker(status.workerId).connectors.push(connector)
  }
  for (const { id, status } of statuses.tasks.values()) {
    if (isHeld(status) && exists.task(id)) worker(status.workerId).tasks.push(id)
  }
  for (const { connectors, tasks } of workers.values()) {
    connectors.sort()
    tasks.sort((a, b) => (taskName(a) < taskName(b) ? -1 : 1))
  }
  return [...workers.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

const isHeld = ({ state }: StoredStatus): boolean => state !== 'UNASSIGNED'
