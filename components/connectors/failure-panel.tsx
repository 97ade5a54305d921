import { CircleX } from 'lucide-react'
import type { ReactNode } from 'react'
import { recoverySentence } from '#components/connectors/recovery-sentence.ts'
import { TraceView } from '#components/connectors/trace-view.tsx'
import type { ConnectorStatus, Recovery } from '#server/contract/connector.ts'

/** Everything that failed, once for each different reason, with what can be done. */
export function FailurePanel({
  status,
  recoveries,
  now,
  actions,
}: {
  status: ConnectorStatus
  /** What the workers do about it by themselves. */
  recoveries: readonly Recovery[]
  /** Undefined while the server renders: it does not know when the page is looked at. */
  now: number | undefined
  actions: ReactNode
}) {
  const failed = [
    ...(status.connector.state === 'FAILED' ? [{ task: undefined, trace: status.connector.trace }] : []),
    ...status.tasks.filter((task) => task.state === 'FAILED').map((task) => ({ task: task.id, trace: task.trace })),
  ]
  if (failed.length === 0) return null
  const byTrace = Map.groupBy(failed, ({ trace = '' }) => trace)
  return (
    <section aria-label="Failure explained" className="rounded-md border border-failed-line bg-failed-soft p-4">
      <ul className="space-y-4">
        {[...byTrace].map(([trace, who]) => (
          <li key={trace} className="flex gap-3">
            <CircleX aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-failed" />
            <div className="min-w-0 flex-1">
              <p className="text-failed">{whoFailed(who)} failed</p>
              {trace === '' ? <p>Without a trace: see the log lines.</p> : <TraceView trace={trace} />}
            </div>
          </li>
        ))}
      </ul>
      {recoveries.length > 0 && now !== undefined && (
        <ul className="mt-3 space-y-0.5 pl-7 text-ink-soft">
          {recoveries.toSorted(byTask).map((recovery) => (
            <li key={recovery.task ?? 'connector'}>{recoverySentence(recovery, now)}</li>
          ))}
        </ul>
      )}
      <div className="mt-3 flex flex-wrap gap-2 pl-7">{actions}</div>
    </section>
  )
}

const byTask = (a: Recovery, b: Recovery) => (a.task ?? -1) - (b.task ?? -1)

/** "The connector", "Task 1", "Tasks 0, 1 and 2", "The connector and task 0". */
function whoFailed(who: readonly { task: number | undefined }[]): string {
  const tasks = who.flatMap(({ task }) => task ?? [])
  const names = tasks.map(String)
  const last = names.pop()
  const listed = names.length > 0 ? `tasks ${names.join(', ')} and ${last}` : `task ${last}`
  if (tasks.length === who.length) return listed.replace('t', 'T')
  return tasks.length === 0 ? 'The connector' : `The connector and ${listed}`
}
