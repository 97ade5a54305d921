import type { ConnectorRow } from '#components/connectors/connector-row.ts'
import { count, perSecond } from '#components/ui/format.ts'

/** The whole cluster in one line. */
export function Totals({ rows }: { rows: readonly ConnectorRow[] }) {
  const running = rows.filter((row) => row.health.state === 'RUNNING').length
  const tasks = rows.flatMap((row) => row.status?.tasks ?? [])
  const runningTasks = tasks.filter((task) => task.state === 'RUNNING').length
  const workers = new Set(rows.flatMap((row) => row.workers)).size
  const sum = (type: ConnectorRow['type']) =>
    rows.filter((row) => row.type === type).reduce((all, row) => all + (row.rate ?? 0), 0)
  return (
    <p className="num text-ink-soft">
      {running} of {count(rows.length, 'connector')} running · {runningTasks} of {count(tasks.length, 'task')} running ·
      on {count(workers, 'worker')}
      {rows.some((row) => row.rate !== undefined) && (
        <span className="whitespace-nowrap">
          {' '}
          · {perSecond(sum('source'))} rec/s into Kafka, {perSecond(sum('sink'))} out
        </span>
      )}
    </p>
  )
}
