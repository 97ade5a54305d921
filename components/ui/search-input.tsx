'use client'
import { Search } from 'lucide-react'
import type { ComponentProps } from 'react'
import { cx } from '#components/ui/cx.ts'
import { Input } from '#components/ui/input.tsx'
import { Kbd } from '#components/ui/kbd.tsx'

/** The search of a page: `/` brings the cursor here (see frame/shortcuts.tsx). */
export function SearchInput({ className, label, ...rest }: ComponentProps<'input'> & { label: string }) {
  return (
    <search className={cx('relative block', className)}>
      <Search
        aria-hidden="true"
        className="-translate-y-1/2 pointer-events-none absolute top-1/2 left-2.5 size-4 text-ink-soft"
      />
      <Input type="search" aria-label={label} placeholder={label} data-page-search className="peer px-8" {...rest} />
      <Kbd className="-translate-y-1/2 pointer-events-none absolute top-1/2 right-2 peer-focus:hidden">/</Kbd>
    </search>
  )
}
