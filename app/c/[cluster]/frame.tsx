'use client'
import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { usePathname, useRouter } from 'next/navigation'
import { type ReactNode, useEffect, useState } from 'react'
import { useFreshness } from '#app/live.tsx'
import { useTRPC } from '#app/trpc.ts'
import { useCommands } from '#app/use-commands.ts'
import { useConnectors } from '#app/use-connectors.ts'
import { needsAttention } from '#components/connectors/health.ts'
import { breadcrumb } from '#components/frame/breadcrumb.ts'
import { CommandPalette } from '#components/frame/command-palette.tsx'
import { StaleBanner } from '#components/frame/freshness.tsx'
import { pages, Rail } from '#components/frame/rail.tsx'
import { TopBar } from '#components/frame/top-bar.tsx'
import { useShortcuts } from '#components/frame/use-shortcuts.ts'

const HelpDialog = dynamic(() => import('#components/frame/help-dialog.tsx').then((it) => it.HelpDialog))

/** What stands around every page: the rail, the bar, the palette and the keys. */
export function Frame({ cluster, children }: { cluster: string; children: ReactNode }) {
  const trpc = useTRPC()
  const router = useRouter()
  const freshness = useFreshness()
  const clusters = useQuery(trpc.clusters.list.queryOptions())
  const info = useQuery(trpc.cluster.info.queryOptions({ cluster }))
  const connectors = useConnectors(cluster)
  const [palette, setPalette] = useState(false)
  const [help, setHelp] = useState(false)
  const commands = useCommands(cluster, palette)

  useShortcuts({
    palette: () => setPalette(true),
    help: () => setHelp(true),
    go: (key) => {
      const page = pages.find((each) => each.key === key)
      if (page) router.push(page.path(cluster))
    },
  })

  const pathname = usePathname()
  useEffect(() => {
    const words = breadcrumb(pathname, cluster).map((crumb) => crumb.label)
    document.title = [...words.toReversed(), 'Sluice'].join(' · ')
  }, [pathname, cluster])

  const attention = connectors.data?.filter(({ health }) => needsAttention(health)).length ?? 0
  const current = clusters.data?.find((each) => each.slug === cluster)
  return (
    <div className="md:flex">
      <a
        href="#content"
        className="sr-only z-50 rounded-md bg-accent-solid px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the content
      </a>
      <Rail
        cluster={cluster}
        attention={attention}
        version={info.data && `Connect ${info.data.version}`}
        onHelp={() => setHelp(true)}
      />
      <div className="min-w-0 flex-1 pb-16 md:pb-0">
        <TopBar
          cluster={cluster}
          clusters={clusters.data ?? (current ? [current] : [])}
          freshness={freshness}
          onPalette={() => setPalette(true)}
        />
        <StaleBanner freshness={freshness} />
        <main id="content" tabIndex={-1} className="mx-auto max-w-[1480px] px-4 py-5 outline-none md:px-6">
          {children}
        </main>
      </div>
      {palette && <CommandPalette commands={commands} onClose={() => setPalette(false)} />}
      {help && <HelpDialog open onOpenChange={setHelp} />}
    </div>
  )
}
