'use client'
import { cx } from '#components/ui/cx.ts'
import { useNow } from '#components/ui/use-now.ts'
import { duration } from '#server/contract/duration.ts'

/** How far what is on the screen can be trusted. `at` is when the server was last heard, in ms since the epoch. */
export type Freshness =
  | { status: 'connecting' }
  | { status: 'live'; at: number }
  | { status: 'stale'; at: number; reason: string }
  | { status: 'offline'; at: number | undefined; reason: string }

const looks = {
  connecting: { word: 'connecting', token: 'unknown' },
  live: { word: 'live', token: 'running' },
  stale: { word: 'stale', token: 'restarting' },
  offline: { word: 'offline', token: 'failed' },
}

export function FreshnessMark({ freshness }: { freshness: Freshness }) {
  const now = useNow()
  const look = looks[freshness.status]
  const at = freshness.status === 'connecting' ? undefined : freshness.at
  const age = at === undefined || now === undefined ? undefined : Math.max(0, now - at)
  const reason = 'reason' in freshness ? freshness.reason : 'What you see is what the cluster last said.'
  return (
    <span
      className="num inline-flex items-center gap-1.5 whitespace-nowrap text-xs"
      title={reason}
      data-freshness={freshness.status}
    >
      <span
        aria-hidden="true"
        className={cx('size-2 rounded-full border-2', freshness.status !== 'live' && 'bg-transparent!')}
        style={{ background: `var(--state-${look.token})`, borderColor: `var(--state-${look.token})` }}
      />
      <span className={freshness.status === 'live' ? 'sr-only' : undefined}>{look.word}</span>
      {age !== undefined && <span className="text-ink-soft">{age < 1500 ? 'now' : `${duration(age)} ago`}</span>}
    </span>
  )
}

/** Said once, above everything, when the stream broke: the page keeps what it had. */
export function StaleBanner({ freshness }: { freshness: Freshness }) {
  if (freshness.status !== 'stale' && freshness.status !== 'offline') return <div role="status" className="sr-only" />
  return (
    <div role="status" className="border-b bg-restarting-soft px-4 py-1.5 text-restarting md:px-6">
      {freshness.status === 'offline'
        ? 'The console cannot be reached. You see the last known state; it reconnects by itself.'
        : `You see the last known state: ${freshness.reason}`}
    </div>
  )
}
