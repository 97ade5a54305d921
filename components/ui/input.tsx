import { ChevronDown } from 'lucide-react'
import type { ComponentProps } from 'react'
import { cx } from '#components/ui/cx.ts'

const control =
  'w-full rounded-md border border-control-line bg-surface px-2.5 text-sm text-ink placeholder:text-ink-soft disabled:bg-sunken disabled:text-ink-soft aria-invalid:border-failed'

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={cx(control, 'h-8', className)} {...rest} />
}

export function Textarea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea className={cx(control, 'name py-1.5 text-xs leading-5', className)} {...rest} />
}

/** The platform's own select: it works by keyboard, by touch and with every screen reader. */
export function Select({ className, children, ...rest }: ComponentProps<'select'>) {
  return (
    <span className={cx('relative inline-flex', className)}>
      <select className={cx(control, 'h-8 appearance-none pr-8')} {...rest}>
        {children}
      </select>
      <ChevronDown
        aria-hidden="true"
        className="-translate-y-1/2 pointer-events-none absolute top-1/2 right-2 size-4 text-ink-soft"
      />
    </span>
  )
}
