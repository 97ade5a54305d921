import { Hourglass } from 'lucide-react'
import type { ReactNode } from 'react'
import { stallSentence, tasklessSentence } from '#components/connectors/stall-sentence.ts'
import type { StalledInstance, TasklessConnector } from '#server/contract/connector.ts'

/** What makes no progress, since when, in which stage, and why; and that there are no tasks that could. */
export function StallPanel({
  stalls,
  taskless,
  now,
  actions,
}: {
  stalls: readonly StalledInstance[]
  /** Why the connector has no tasks, where that is so. */
  taskless: TasklessConnector | undefined
  now: number
  actions: ReactNode
}) {
  if (stalls.length === 0 && !taskless) return null
  return (
    <section
      aria-labelledby="stalled"
      className="rounded-md border p-4"
      style={{ background: 'var(--state-stalled-soft)', borderColor: 'var(--state-stalled-line)' }}
    >
      <h2
        id="stalled"
        className="flex items-center gap-2 font-semibold text-base"
        style={{ color: 'var(--state-stalled)' }}
      >
        <Hourglass aria-hidden="true" className="size-4" />
        No progress
      </h2>
      <ul className="mt-2 space-y-1">
        {stalls.map((stall) => (
          <li key={stall.task ?? 'connector'} className="break-words">
            {stallSentence(stall, now)} <span className="name text-ink-soft text-xs">{stall.worker}</span>
          </li>
        ))}
        {taskless && (
          <li className="break-words">
            {tasklessSentence(taskless, now)} <span className="name text-ink-soft text-xs">{taskless.worker}</span>
          </li>
        )}
      </ul>
      <div className="mt-3 flex flex-wrap gap-2">{actions}</div>
    </section>
  )
}
