'use client'
import { ChevronDown, Search, Settings } from 'lucide-react'
import Link from 'next/link'
import { usePathname, useRouter } from 'next/navigation'
import { breadcrumb } from '#components/frame/breadcrumb.ts'
import { type Freshness, FreshnessMark } from '#components/frame/freshness.tsx'
import { paths } from '#components/frame/paths.ts'
import { ThemeButton } from '#components/frame/theme-button.tsx'
import { useModifier } from '#components/frame/use-modifier.ts'
import { Button } from '#components/ui/button.tsx'
import { Kbd } from '#components/ui/kbd.tsx'
import { Menu } from '#components/ui/menu.tsx'

/** Which cluster, where in it, the palette, and how fresh everything is. */
export function TopBar({
  cluster,
  clusters,
  freshness,
  onPalette,
}: {
  cluster: string
  clusters: { slug: string; name: string }[]
  freshness: Freshness
  onPalette: () => void
}) {
  const crumbs = breadcrumb(usePathname(), cluster)
  const router = useRouter()
  const name = clusters.find((each) => each.slug === cluster)?.name ?? cluster
  return (
    <header className="sticky top-0 z-20 flex h-12 items-center gap-2 border-b bg-canvas px-4 md:px-6">
      <Menu
        align="start"
        trigger={
          <Button tone="ghost" size="sm" aria-label={`Cluster ${name}`} className="-ml-2 text-sm">
            {name}
            <ChevronDown aria-hidden="true" />
          </Button>
        }
        items={[
          ...(clusters.length > 0 ? clusters : [{ slug: cluster, name }]).map((each) => ({
            label: each.name,
            onSelect: () => router.push(paths.home(each.slug)),
          })),
          'line',
          { label: 'Add or change clusters', icon: Settings, onSelect: () => router.push(paths.settings(cluster)) },
        ]}
      />
      <nav aria-label="Where you are" className="min-w-0 flex-1">
        <ol className="flex min-w-0 items-center gap-1.5 text-ink-soft">
          {crumbs.map((crumb, index) => {
            const last = index === crumbs.length - 1
            return (
              <li
                key={crumb.href}
                className={last ? 'flex min-w-0 items-center gap-1.5' : 'hidden items-center gap-1.5 sm:flex'}
              >
                <span aria-hidden="true">/</span>
                <Link
                  href={crumb.href}
                  aria-current={last ? 'page' : undefined}
                  title={crumb.label}
                  className={`${crumb.mono ? 'name' : ''} ${last ? 'truncate text-ink' : 'hover:text-ink'}`}
                >
                  {crumb.label}
                </Link>
              </li>
            )
          })}
        </ol>
      </nav>
      <Button size="sm" onClick={onPalette} aria-keyshortcuts="Control+K Meta+K" className="text-ink-soft">
        <Search aria-hidden="true" />
        <span className="sr-only sm:not-sr-only">Go to…</span>
        <span aria-hidden="true" className="hidden sm:inline">
          <Kbd>{useModifier()} K</Kbd>
        </span>
      </Button>
      <span className="flex md:hidden">
        <ThemeButton />
        <Link
          href={paths.settings(cluster)}
          aria-label="Settings"
          className="inline-flex size-8 items-center justify-center rounded-md text-ink-soft"
        >
          <Settings aria-hidden="true" className="size-4" />
        </Link>
      </span>
      <FreshnessMark freshness={freshness} />
    </header>
  )
}
