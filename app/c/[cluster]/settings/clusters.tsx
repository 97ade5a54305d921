'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Pencil, Plus, Trash2 } from 'lucide-react'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useState } from 'react'
import { Faces } from '#app/faces.tsx'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import type { ClusterSettings } from '#components/clusters/cluster-draft.ts'
import { useNotices } from '#components/frame/notices.tsx'
import { paths } from '#components/frame/paths.ts'
import { Button } from '#components/ui/button.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'

const ClusterDialog = dynamic(() => import('#components/clusters/cluster-dialog.tsx').then((it) => it.ClusterDialog))

/** The clusters that this console knows: for everybody who opens it, not for this browser alone. */
export function Clusters() {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const notices = useNotices()
  const clusters = useQuery(trpc.clusters.list.queryOptions())
  /** What is being edited; null: a new one. */
  const [editing, setEditing] = useState<ClusterSettings | null>()
  const [removing, setRemoving] = useState<ClusterSettings>()
  const changed = () => void queryClient.invalidateQueries({ queryKey: trpc.clusters.pathKey() })
  const save = useMutation(
    trpc.clusters.save.mutationOptions({
      onSuccess: (_, { name }) => {
        setEditing(undefined)
        notices.done(`The cluster ${name} is saved`)
        changed()
      },
    }),
  )
  const remove = useMutation(
    trpc.clusters.remove.mutationOptions({
      onSuccess: changed,
      onError: (error) => notices.failed(troubleOf(error).message, troubleOf(error).hint),
      onSettled: () => setRemoving(undefined),
    }),
  )
  const edit = (cluster: ClusterSettings | null) => {
    save.reset()
    setEditing(cluster)
  }
  return (
    <section aria-labelledby="clusters">
      <div className="mb-1 flex items-center gap-3">
        <h2 id="clusters" className="flex-1 font-semibold text-base">
          Clusters
        </h2>
        <Button size="sm" onClick={() => edit(null)}>
          <Plus aria-hidden="true" />
          Add a cluster
        </Button>
      </div>
      <Faces query={clusters} loading={<Skeleton rows={1} />}>
        {(list) => (
          <>
            <ul aria-label="Clusters" className="divide-y border-y">
              {list.map((cluster) => (
                <li key={cluster.slug} className="flex min-h-row flex-wrap items-center gap-x-3 gap-y-1 py-1.5">
                  <Link href={paths.home(cluster.slug)} className="font-medium hover:underline">
                    {cluster.name}
                  </Link>
                  <span className="name min-w-0 flex-1 basis-56 break-all text-ink-soft text-xs">
                    {cluster.workerUrls.join(', ')}
                  </span>
                  {cluster.own ? (
                    <span className="text-ink-soft text-xs">from the console’s own settings</span>
                  ) : (
                    <>
                      <Button size="sm" onClick={() => edit(cluster)}>
                        <Pencil aria-hidden="true" />
                        Change<span className="sr-only"> {cluster.name}</span>
                      </Button>
                      <Button size="sm" onClick={() => setRemoving(cluster)}>
                        <Trash2 aria-hidden="true" />
                        Remove<span className="sr-only"> {cluster.name}</span>
                      </Button>
                    </>
                  )}
                </li>
              ))}
            </ul>
            {editing !== undefined && (
              <ClusterDialog
                cluster={editing ?? undefined}
                taken={list.map(({ slug }) => slug)}
                busy={save.isPending}
                trouble={save.error ? troubleOf(save.error) : null}
                onClose={() => setEditing(undefined)}
                onSave={(settings) => save.mutate(settings)}
              />
            )}
          </>
        )}
      </Faces>
      {removing && (
        <ConfirmDialog
          open
          onOpenChange={() => setRemoving(undefined)}
          title={`Remove ${removing.name} from this console?`}
          consequence="Its connectors go on as they are. Only the console does not show it any more; you can add it again."
          action="Remove cluster"
          busy={remove.isPending}
          onConfirm={() => remove.mutate({ slug: removing.slug })}
        />
      )}
    </section>
  )
}
