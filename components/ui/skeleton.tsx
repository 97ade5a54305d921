import { cx } from '#components/ui/cx.ts'

/** Stands where content will be. The text is for screen readers only. */
export function Skeleton({
  rows = 6,
  className,
  label = 'Loading',
}: {
  rows?: number
  className?: string
  label?: string
}) {
  return (
    <div role="status" className={cx('flex flex-col', className)}>
      <span className="sr-only">{label}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={`row-${row.toString()}`} aria-hidden="true" className="flex h-row items-center gap-6 border-b">
          <div className="h-3 w-20 rounded bg-hover" />
          <div className="h-3 rounded bg-hover" style={{ width: `${28 + ((row * 17) % 24)}%` }} />
          <div className="ml-auto h-3 w-24 rounded bg-hover" />
        </div>
      ))}
    </div>
  )
}
