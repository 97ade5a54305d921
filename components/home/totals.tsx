import type { ConnectorRow } from '#components/connectors/connector-row.ts'
import { count } from '#components/ui/format.ts'

/** The whole cluster in one line. */
export function Totals({ rows }: { rows: readonly ConnectorRow[] }) {
  const running = rows.filter((row) => row.health.state === 'RUNNING').length
  const tasks = rows.flatMap((row) => row.status?.tasks ?? [])
  const runningTasks = tasks.filter((task) => task.state === 'RUNNING').length
  const workers = new Set(rows.flatMap((row) => row.workers)).size
  return (
    <p className="num text-ink-soft">
      {running} of {count(rows.length, 'connector')} running · {runningTasks} of {count(tasks.length, 'task')} running ·
      on {count(workers, 'worker')}
    </p>
  )
}
