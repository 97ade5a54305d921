'use client'
import { ArrowLeftRight, CircleHelp, Cpu, Gauge, ListTree, PanelLeft, Plug, Settings } from 'lucide-react'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { paths } from '#components/frame/paths.ts'
import { setPreference, usePreference } from '#components/frame/preferences.ts'
import { ThemeButton } from '#components/frame/theme-button.tsx'
import { Button } from '#components/ui/button.tsx'
import { cx } from '#components/ui/cx.ts'

export const pages = [
  { label: 'Home', icon: Gauge, path: paths.home, key: 'h' },
  { label: 'Connectors', icon: ArrowLeftRight, path: paths.connectors, key: 'c' },
  { label: 'Workers', icon: Cpu, path: paths.workers, key: 'w' },
  { label: 'Topics', icon: ListTree, path: paths.topics, key: 't' },
  { label: 'Plugins', icon: Plug, path: paths.plugins, key: 'p' },
] as const

/** The main navigation: a rail on the left, a bar at the bottom under 768 px. A count only where something needs attention. */
export function Rail({
  cluster,
  attention,
  version,
  onHelp,
}: {
  cluster: string
  attention: number
  version: string | undefined
  onHelp: () => void
}) {
  const pathname = usePathname()
  const width = usePreference('rail')
  const home = paths.home(cluster)
  const current = (path: string) => (path === home ? pathname === home : pathname.startsWith(path))
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-30 flex h-14 border-t bg-sunken md:sticky md:inset-auto md:top-0 md:h-screen md:w-44 md:shrink-0 md:flex-col md:border-t-0 md:border-r md:py-3 md:[[data-rail=narrow]_&]:w-14"
    >
      <Link
        href={home}
        aria-label="Sluice, home"
        className="name mb-3 hidden h-8 items-center gap-2 px-4 font-semibold text-base tracking-tight md:flex"
      >
        <Mark />
        <span className="[[data-rail=narrow]_&]:hidden">sluice</span>
      </Link>
      <ul className="flex flex-1 justify-around md:flex-col md:justify-start md:gap-0.5 md:px-2">
        {pages.map((page) => {
          const href = page.path(cluster)
          const here = current(href)
          return (
            <li key={page.label} className="flex min-w-0 flex-1 md:flex-none">
              <Link
                href={href}
                aria-current={here ? 'page' : undefined}
                title={`${page.label} (g ${page.key})`}
                className={cx(
                  'relative flex w-full flex-col items-center justify-center gap-0.5 text-ink-soft text-xs hover:bg-hover hover:text-ink md:h-8 md:flex-row md:justify-start md:gap-2.5 md:rounded-md md:px-2.5 md:text-sm',
                  here && 'font-medium text-ink md:bg-hover',
                )}
              >
                <page.icon aria-hidden="true" className={cx('size-4 shrink-0', here && 'text-accent')} />
                <span className="max-w-full truncate md:[[data-rail=narrow]_&]:sr-only">{page.label}</span>
                {page.label === 'Home' && attention > 0 && (
                  <span className="num absolute top-1 left-[calc(50%+6px)] rounded-full bg-failed-soft px-1.5 text-failed text-xs leading-4 md:static md:ml-auto md:[[data-rail=narrow]_&]:absolute md:[[data-rail=narrow]_&]:-top-1 md:[[data-rail=narrow]_&]:right-0">
                    {attention}
                    <span className="sr-only"> need attention</span>
                  </span>
                )}
              </Link>
            </li>
          )
        })}
      </ul>
      <div className="hidden flex-col gap-1 px-2 md:flex">
        <div className="flex flex-wrap gap-1">
          <Link
            href={paths.settings(cluster)}
            aria-label="Settings"
            title="Settings"
            className="inline-flex size-8 items-center justify-center rounded-md text-ink-soft hover:bg-hover hover:text-ink"
          >
            <Settings aria-hidden="true" className="size-4" />
          </Link>
          <ThemeButton />
          <Button
            tone="ghost"
            size="icon"
            aria-label="Help and shortcuts"
            title="Help and shortcuts (?)"
            onClick={onHelp}
          >
            <CircleHelp aria-hidden="true" />
          </Button>
          <Button
            tone="ghost"
            size="icon"
            aria-label={width === 'wide' ? 'Collapse the navigation' : 'Expand the navigation'}
            aria-pressed={width === 'narrow'}
            onClick={() => setPreference('rail', width === 'wide' ? 'narrow' : 'wide')}
          >
            <PanelLeft aria-hidden="true" />
          </Button>
        </div>
        <p className="num truncate px-2 text-ink-soft text-xs [[data-rail=narrow]_&]:hidden">{version ?? ' '}</p>
      </div>
    </nav>
  )
}

/** A gate in a stream. */
function Mark() {
  return (
    <svg
      viewBox="0 0 20 20"
      className="size-5 shrink-0 text-accent"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      aria-hidden="true"
    >
      <title>Sluice</title>
      <path d="M3 3v14M17 3v14M3 6h14" strokeLinecap="round" />
      <path
        d="M5.5 12c1.5-1.6 3-1.6 4.5 0s3 1.6 4.5 0M5.5 15.5c1.5-1.6 3-1.6 4.5 0s3 1.6 4.5 0"
        strokeLinecap="round"
      />
    </svg>
  )
}
