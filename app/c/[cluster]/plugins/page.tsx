'use client'
import { useQuery } from '@tanstack/react-query'
import { Plus, SearchX } from 'lucide-react'
import { Faces } from '#app/faces.tsx'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { paths } from '#components/frame/paths.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { KeyList } from '#components/plugins/key-list.tsx'
import { PluginList } from '#components/plugins/plugin-list.tsx'
import { ButtonLink } from '#components/ui/button.tsx'
import { Empty } from '#components/ui/empty.tsx'
import { PageTitle } from '#components/ui/page-title.tsx'
import { SearchInput } from '#components/ui/search-input.tsx'
import type { PluginInfo } from '#server/contract/connector.ts'

/** What the workers can run, and every key of each plugin. */
export default function PluginsPage() {
  const cluster = useCluster()
  const trpc = useTRPC()
  const url = useUrlState()
  const plugins = useQuery(trpc.plugins.list.queryOptions({ cluster }))
  const text = url.get('q') ?? ''
  const chosen = url.get('plugin')
  const wanted = text.trim().toLowerCase()
  return (
    <>
      <PageTitle title="Plugins" about="What the workers of this cluster can run." />
      <SearchInput label="Search plugins" className="mb-3 max-w-sm" value={text} onText={(q) => url.set({ q })} />
      <Faces query={plugins}>
        {(all) => {
          const shown = all.filter((plugin) => plugin.class.toLowerCase().includes(wanted))
          if (shown.length === 0) return <Empty icon={SearchX} title="No plugin is called that" />
          return (
            <PluginList
              plugins={shown}
              chosen={chosen}
              onChoose={(plugin) => url.set({ plugin }, 'push')}
              detail={(plugin) => <Detail plugin={plugin} />}
            />
          )
        }}
      </Faces>
    </>
  )
}

/** What it can be told, and for a connector the way to one. */
function Detail({ plugin: { class: plugin, type } }: { plugin: PluginInfo }) {
  const cluster = useCluster()
  const trpc = useTRPC()
  const keys = useQuery(trpc.plugins.config.queryOptions({ cluster, plugin }, { staleTime: Number.POSITIVE_INFINITY }))
  return (
    <>
      {(type === 'source' || type === 'sink') && (
        <ButtonLink size="sm" href={paths.newFrom(cluster, plugin)} className="mb-1">
          <Plus aria-hidden="true" />
          New connector of this plugin
        </ButtonLink>
      )}
      <Faces query={keys}>{(definitions) => <KeyList definitions={definitions} />}</Faces>
    </>
  )
}
