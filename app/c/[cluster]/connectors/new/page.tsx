'use client'
import { useQuery } from '@tanstack/react-query'
import { NewConnector } from '#app/c/[cluster]/connectors/new/new-connector.tsx'
import { Faces } from '#app/faces.tsx'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { Catalog } from '#components/catalog/catalog.tsx'
import { paths } from '#components/frame/paths.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { PageTitle } from '#components/ui/page-title.tsx'

/** Choose a plugin, then fill in its form. The choice stands in the URL, so the back button undoes it. */
export default function NewConnectorPage() {
  const cluster = useCluster()
  const trpc = useTRPC()
  const url = useUrlState()
  const catalog = useQuery(trpc.plugins.catalog.queryOptions({ cluster }))
  const plugin = url.get('plugin')
  return (
    <Faces query={catalog}>
      {(entries) => {
        const entry = entries.find((each) => each.class === plugin)
        if (plugin && entry) return <NewConnector key={plugin} entry={entry} fromExample={url.get('example') === '1'} />
        return (
          <>
            <PageTitle title="New connector" about="Choose what to read from or write to." />
            <Catalog
              entries={entries}
              text={url.get('q') ?? ''}
              type={url.get('type') ?? ''}
              onText={(q) => url.set({ q })}
              onType={(type) => url.set({ type })}
              hrefOf={(entry) => paths.newFrom(cluster, entry.class)}
            />
          </>
        )
      }}
    </Faces>
  )
}
