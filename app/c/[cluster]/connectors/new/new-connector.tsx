'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import { ConfigEditor } from '#app/c/[cluster]/connectors/config-editor.tsx'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { useConnectors } from '#app/use-connectors.ts'
import { ReviewNew } from '#components/config/review-new.tsx'
import { useDraft } from '#components/config-form/use-draft.ts'
import { paths } from '#components/frame/paths.ts'
import { Button } from '#components/ui/button.tsx'
import { PageTitle } from '#components/ui/page-title.tsx'
import type { CatalogEntry } from '#server/contract/herder.ts'

/** Form, then review, then the connector's own page, which shows its start. */
export function NewConnector({ entry, fromExample }: { entry: CatalogEntry; fromExample: boolean }) {
  const cluster = useCluster()
  const trpc = useTRPC()
  const router = useRouter()
  const queryClient = useQueryClient()
  const connectors = useConnectors(cluster)
  const [reviewing, setReviewing] = useState(false)
  const draft = useDraft(
    fromExample ? { ...entry.example, 'connector.class': entry.class } : { 'connector.class': entry.class },
  )
  const create = useMutation(
    trpc.connectors.create.mutationOptions({
      onSuccess: (_, { name }) => {
        void queryClient.invalidateQueries()
        router.push(`${paths.connector(cluster, name)}?started=1`)
      },
    }),
  )
  const name = draft.config.name ?? ''

  return (
    <>
      <PageTitle title={`New ${entry.title}`} about={entry.summary}>
        {!reviewing && (
          <Button
            onClick={() => {
              for (const [key, value] of Object.entries(entry.example)) draft.set(key, value)
            }}
          >
            Fill in the example
          </Button>
        )}
      </PageTitle>
      {reviewing ? (
        <ReviewNew
          name={name}
          entry={entry}
          config={draft.config}
          busy={create.isPending || create.isSuccess}
          trouble={create.error ? troubleOf(create.error) : null}
          onBack={() => setReviewing(false)}
          onCreate={() => create.mutate({ cluster, name, config: draft.config })}
        />
      ) : (
        <ConfigEditor
          draft={draft}
          takenNames={connectors.data?.map((row) => row.name) ?? []}
          onReview={() => setReviewing(true)}
          onCancel={() => router.push(paths.newConnector(cluster))}
        />
      )}
    </>
  )
}
