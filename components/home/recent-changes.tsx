import Link from 'next/link'
import { RelativeTime } from '#components/ui/relative-time.tsx'

export interface Change {
  id: string
  connector: string
  at: number
  sentence: string
}

/** Who changed which config and when, newest first. */
export function RecentChanges({
  entries,
  hrefOf,
}: {
  entries: readonly Change[]
  hrefOf: (connector: string) => string
}) {
  if (entries.length === 0) return <p className="text-ink-soft">No config was changed from this console yet.</p>
  return (
    <ul className="divide-y border-y">
      {entries.map((entry) => (
        <li key={entry.id} className="flex min-h-row flex-wrap items-center gap-x-4 py-1">
          <RelativeTime at={entry.at} className="num w-24 text-ink-soft" />
          <Link href={hrefOf(entry.connector)} className="name break-all font-medium hover:underline">
            {entry.connector}
          </Link>
          <span>{entry.sentence}</span>
        </li>
      ))}
    </ul>
  )
}
