import type { ReactNode } from 'react'
import { cx } from '#components/ui/cx.ts'

export function Kbd({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <kbd className={cx('rounded border border-line-strong bg-sunken px-1 text-ink-soft text-xs leading-4', className)}>
      {children}
    </kbd>
  )
}
