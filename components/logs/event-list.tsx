'use client'
import { TraceView } from '#components/connectors/trace-view.tsx'
import { aboutWhom, eventLooks } from '#components/logs/event-look.ts'
import { RelativeTime } from '#components/ui/relative-time.tsx'
import type { EventEntry } from '#server/contract/events.ts'

/** Entries of a timeline, one a line: when, what kind, what, and who says so; a failure has its trace beneath it. */
export function EventList({ entries }: { entries: readonly EventEntry[] }) {
  return (
    <ol aria-label="Timeline" className="divide-y border-y">
      {entries.map((entry) => {
        const look = eventLooks[entry.kind]
        const Icon = look.icon
        const about = aboutWhom(entry)
        return (
          <li
            key={`${entry.worker} ${entry.id}`}
            data-kind={entry.kind}
            className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-0.5 py-1.5 md:grid-cols-[6.5rem_7rem_1fr_auto]"
          >
            <RelativeTime at={entry.at} className="num text-ink-soft" />
            <span
              className="inline-flex h-5 items-center gap-1.5 self-start whitespace-nowrap"
              style={look.token ? { color: `var(--state-${look.token})` } : undefined}
            >
              <Icon aria-hidden="true" className="size-4 shrink-0" />
              {look.word}
            </span>
            <div className="col-span-2 min-w-0 break-words md:col-span-1">
              {entry.message}
              {entry.trace && (
                <details className="mt-1">
                  <summary className="text-accent">trace</summary>
                  <TraceView trace={entry.trace} />
                </details>
              )}
            </div>
            <span className="name col-span-2 text-ink-soft text-xs md:col-span-1 md:text-right">
              {entry.worker}
              {about && <span className="block">{about}</span>}
            </span>
          </li>
        )
      })}
    </ol>
  )
}
