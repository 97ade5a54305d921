import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

/** An empty page teaches: one sentence, one primary action, one thing to try. */
export function Empty({
  icon: Icon,
  title,
  children,
  action,
}: {
  icon: LucideIcon
  title: string
  children?: ReactNode
  action?: ReactNode
}) {
  return (
    <div className="flex flex-col items-center gap-3 px-6 py-14 text-center">
      <Icon aria-hidden="true" className="size-7 text-ink-soft" strokeWidth={1.5} />
      <h2 className="font-semibold text-lg">{title}</h2>
      {children && <p className="max-w-md text-ink-soft">{children}</p>}
      {action && <div className="mt-1 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  )
}
