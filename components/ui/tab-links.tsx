'use client'
import Link from 'next/link'
import { cx } from '#components/ui/cx.ts'

export interface TabLink {
  id: string
  label: string
  href: string
  /** Something in it needs attention. */
  count?: number
}

/** Tabs whose place is in the URL: links, so that they open in a new window and the back button works. */
export function TabLinks({ tabs, current, label }: { tabs: TabLink[]; current: string; label: string }) {
  return (
    <nav aria-label={label} className="-mx-1 overflow-x-auto border-b">
      <ul className="flex gap-1 px-1">
        {tabs.map((tab) => (
          <li key={tab.id}>
            <Link
              href={tab.href}
              scroll={false}
              aria-current={tab.id === current ? 'page' : undefined}
              className={cx(
                '-mb-px flex h-9 items-center gap-1.5 border-transparent border-b-2 px-2.5 text-ink-soft hover:text-ink',
                tab.id === current && 'border-accent-solid font-medium text-ink',
              )}
            >
              {tab.label}
              {tab.count !== undefined && tab.count > 0 && (
                <span className="num rounded-full bg-failed-soft px-1.5 text-failed text-xs">{tab.count}</span>
              )}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
