import type { ComponentProps } from 'react'
import { cx } from '#components/ui/cx.ts'

/** Tables are lines, not boxes; they scroll sideways in their own frame when the page is narrow. */
export function Table({ className, label, ...rest }: ComponentProps<'table'> & { label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroll area must be reachable by keyboard
    <section tabIndex={0} className="overflow-x-auto">
      <table aria-label={label} className={cx('w-full border-collapse text-left', className)} {...rest} />
    </section>
  )
}

export function Th({ className, ...rest }: ComponentProps<'th'>) {
  return (
    <th
      scope="col"
      className={cx('h-8 whitespace-nowrap border-b pr-4 pl-1 font-normal text-ink-soft text-xs', className)}
      {...rest}
    />
  )
}

export function Td({ className, ...rest }: ComponentProps<'td'>) {
  return <td className={cx('h-row border-b py-1 pr-4 pl-1 align-middle', className)} {...rest} />
}
