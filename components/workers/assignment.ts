import type { ShownState } from '#components/state/state-look.ts'
import type {
  ClusterView,
  ConnectorStatus,
  ConnectorType,
  InstanceState,
  StalledInstance,
} from '#server/contract/connector.ts'
import { mayStall } from '#server/contract/may-stall.ts'

/** One chip of the map: a connector instance (task undefined) or a task. */
export interface Chip {
  id: string
  task: number | undefined
  state: ShownState
}

export interface MapRow {
  connector: string
  type: ConnectorType
  chips: Chip[]
}

export interface MapColumn {
  worker: string
  leader: boolean
  rows: MapRow[]
}

/** What runs where: the assignment says the place, the statuses say the state. Rows and chips keep a stable order. */
export function assignmentColumns(
  cluster: ClusterView,
  statuses: readonly ConnectorStatus[],
  stalls: readonly StalledInstance[] = [],
): MapColumn[] {
  const byName = new Map(statuses.map((status) => [status.name, status]))
  const stateOf = (connector: string, task: number | undefined, state: InstanceState | undefined): ShownState =>
    mayStall(state) && stalls.some((stall) => stall.connector === connector && stall.task === task)
      ? 'STALLED'
      : (state ?? 'UNKNOWN')
  return cluster.workers.map((worker) => {
    const names = new Set([...worker.connectors, ...worker.tasks.map((task) => task.connector)])
    const rows = [...names].sort().map((connector): MapRow => {
      const status = byName.get(connector)
      const chips: Chip[] = worker.connectors.includes(connector)
        ? [{ id: connector, task: undefined, state: stateOf(connector, undefined, status?.connector.state) }]
        : []
      const tasks = worker.tasks.filter((task) => task.connector === connector).sort((a, b) => a.task - b.task)
      for (const { task } of tasks) {
        const state = status?.tasks.find((each) => each.id === task)?.state
        chips.push({ id: `${connector}-${task}`, task, state: stateOf(connector, task, state) })
      }
      return { connector, type: status?.type ?? 'unknown', chips }
    })
    return { worker: worker.id, leader: worker.leader, rows }
  })
}
