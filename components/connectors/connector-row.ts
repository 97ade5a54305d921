import { type Health, healthOf, urgency } from '#components/connectors/health.ts'
import { shortPluginName } from '#components/connectors/plugin-name.ts'
import { rateOf, type ThroughputSamples } from '#components/connectors/throughput.ts'
import type {
  ConnectorInfo,
  ConnectorStatus,
  ConnectorType,
  StalledInstance,
  TaskId,
  TasklessConnector,
} from '#server/contract/connector.ts'

/** One line of the list. */
export interface ConnectorRow {
  name: string
  type: ConnectorType
  plugin: string
  health: Health
  status: ConnectorStatus | null
  /** What of it shows no progress. */
  stalls: readonly StalledInstance[]
  /** Why it has no tasks, where it is to have some. */
  taskless: TasklessConnector | undefined
  workers: string[]
  /** Records a second of its tasks together; undefined while nobody can say. */
  rate: number | undefined
  /** Records that a sink has not committed yet; undefined of a source, and while nobody can say. */
  lag: number | undefined
}

/** A connector as the expanded listing gives it: either half may be missing while it is being created. */
export interface ListedConnector {
  info: ConnectorInfo | null
  status: ConnectorStatus | null
}

export function connectorRow(
  name: string,
  { info, status }: ListedConnector,
  all: readonly StalledInstance[] = [],
  allTaskless: readonly TasklessConnector[] = [],
): ConnectorRow {
  const taskless = allTaskless.find(({ connector }) => connector === name)
  const stalls = all.filter(({ connector }) => connector === name)
  const instances = status ? [status.connector, ...status.tasks] : []
  const workers = new Set(
    instances.filter((each) => each.state !== 'UNASSIGNED' && each.workerId).map((each) => each.workerId),
  )
  return {
    name,
    type: info?.type ?? status?.type ?? 'unknown',
    plugin: shortPluginName(info?.config['connector.class'] ?? ''),
    health: healthOf(status, stalls, taskless),
    status,
    stalls,
    taskless,
    workers: [...workers].sort(),
    rate: undefined,
    lag: undefined,
  }
}

export const withRates = (rows: readonly ConnectorRow[], samples: ThroughputSamples | undefined): ConnectorRow[] =>
  rows.map((row) => ({ ...row, rate: rateOf(samples, tasksOf(row.name, row.status?.tasks ?? [])) }))

export const withLags = (rows: readonly ConnectorRow[], lags: ReadonlyMap<string, number>): ConnectorRow[] =>
  rows.map((row) => ({ ...row, lag: lags.get(row.name) }))

export const tasksOf = (connector: string, tasks: readonly { id: number }[]): TaskId[] =>
  tasks.map(({ id }) => ({ connector, task: id }))

export interface ConnectorFilter {
  text: string
  state: string
  type: string
  plugin: string
  worker: string
}

/** The rows that a filter leaves, what needs attention first, then by name. */
export function filterRows(rows: readonly ConnectorRow[], filter: ConnectorFilter): ConnectorRow[] {
  const text = filter.text.trim().toLowerCase()
  return rows
    .filter(
      (row) =>
        (text === '' || row.name.toLowerCase().includes(text) || row.plugin.toLowerCase().includes(text)) &&
        (filter.state === '' || row.health.state === filter.state) &&
        (filter.type === '' || row.type === filter.type) &&
        (filter.plugin === '' || row.plugin === filter.plugin) &&
        (filter.worker === '' || row.workers.includes(filter.worker)),
    )
    .sort((a, b) => urgency[a.health.state] - urgency[b.health.state] || a.name.localeCompare(b.name))
}
