import { Hourglass } from 'lucide-react'
import type { ReactNode } from 'react'
import { stallSentence } from '#components/connectors/stall-sentence.ts'
import type { StalledTask } from '#server/contract/connector.ts'

/** Which tasks make no progress, since when, in which stage, and why. */
export function StallPanel({
  stalls,
  now,
  actions,
}: {
  stalls: readonly StalledTask[]
  now: number
  actions: ReactNode
}) {
  if (stalls.length === 0) return null
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
          <li key={stall.task} className="break-words">
            {stallSentence(stall, now)} <span className="name text-ink-soft text-xs">{stall.worker}</span>
          </li>
        ))}
      </ul>
      <div className="mt-3 flex flex-wrap gap-2">{actions}</div>
    </section>
  )
}
