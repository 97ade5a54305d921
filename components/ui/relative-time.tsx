'use client'
import { exactTime, relativeTime } from '#components/ui/format.ts'
import { useNow } from '#components/ui/use-now.ts'

/** "4 min ago", with the exact time on hover and for screen readers. */
export function RelativeTime({ at, className }: { at: number; className?: string }) {
  const now = useNow()
  if (now === undefined) return <span className={className}>–</span>
  const exact = exactTime(at)
  return (
    <time dateTime={new Date(at).toISOString()} title={exact} className={className}>
      {relativeTime(at, Math.max(now, at))}
    </time>
  )
}
