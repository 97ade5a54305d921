'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Bookmark } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { useNotices } from '#components/frame/notices.tsx'
import { paths } from '#components/frame/paths.ts'
import { Button } from '#components/ui/button.tsx'
import { Menu } from '#components/ui/menu.tsx'
import type { MenuItem } from '#components/ui/menu-item.ts'

const SaveViewDialog = dynamic(() =>
  import('#components/connectors/save-view-dialog.tsx').then((it) => it.SaveViewDialog),
)

/** Filters under a name, kept by the server, so that everybody finds them. */
export function SavedViews() {
  const cluster = useCluster()
  const trpc = useTRPC()
  const router = useRouter()
  const queryClient = useQueryClient()
  const notices = useNotices()
  const [saving, setSaving] = useState(false)
  const views = useQuery(trpc.views.list.queryOptions({ cluster, page: 'connectors' }))
  const refused = { onError: (error: unknown) => notices.failed(troubleOf(error).message, troubleOf(error).hint) }
  const again = () => void queryClient.invalidateQueries({ queryKey: trpc.views.pathKey() })
  const save = useMutation(
    trpc.views.save.mutationOptions({
      ...refused,
      onSuccess: () => {
        setSaving(false)
        again()
      },
    }),
  )
  const remove = useMutation(trpc.views.remove.mutationOptions({ ...refused, onSuccess: again }))

  const all = views.data ?? []
  const items: MenuItem[] = [
    ...all.map((view) => ({
      label: view.name,
      onSelect: () => router.push(`${paths.connectors(cluster)}${view.query ? `?${view.query}` : ''}`),
    })),
    ...(all.length > 0 ? (['line'] as const) : []),
    { label: 'Save these filters as a view…', icon: Bookmark, onSelect: () => setSaving(true) },
    ...all.map((view) => ({ label: `Remove ${view.name}`, onSelect: () => remove.mutate({ cluster, id: view.id }) })),
  ]
  return (
    <>
      <Menu
        items={items}
        trigger={
          <Button>
            <Bookmark aria-hidden="true" />
            Views
          </Button>
        }
      />
      {saving && (
        <SaveViewDialog
          open
          busy={save.isPending}
          onOpenChange={setSaving}
          onSave={(name) => save.mutate({ cluster, page: 'connectors', name, query: window.location.search.slice(1) })}
        />
      )}
    </>
  )
}
