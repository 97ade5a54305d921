'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Connector } from '#app/c/[cluster]/connectors/[name]/connector.ts'
import { ConfigEditor } from '#app/c/[cluster]/connectors/config-editor.tsx'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { configDiff } from '#components/config/config-diff.ts'
import { ReviewChange } from '#components/config/review-change.tsx'
import { useDraft } from '#components/config-form/use-draft.ts'
import { useNotices } from '#components/frame/notices.tsx'
import type { ConnectorConfig } from '#server/contract/connector.ts'

/** The form of a running connector: change, see the difference, apply. What runs now is what the page opened with. */
export function EditConfig({
  connector,
  start,
  onDone,
}: {
  connector: Connector
  /** What the form begins with: the present config, or an older one to go back to. */
  start: ConnectorConfig
  onDone: () => void
}) {
  const cluster = useCluster()
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const notices = useNotices()
  const { name } = connector.info
  const [opened] = useState(connector.info.config)
  const [reviewing, setReviewing] = useState(start !== connector.info.config)
  const draft = useDraft(start)
  const apply = useMutation(
    trpc.connectors.putConfig.mutationOptions({
      onSuccess: () => {
        notices.done(`${name} has a new config`)
        void queryClient.invalidateQueries()
        onDone()
      },
    }),
  )
  if (reviewing) {
    return (
      <ReviewChange
        changes={configDiff(opened, draft.config)}
        elsewhere={configDiff(opened, connector.info.config)}
        busy={apply.isPending}
        trouble={apply.error ? troubleOf(apply.error) : null}
        onBack={() => setReviewing(false)}
        onApply={() => apply.mutate({ cluster, name, config: draft.config })}
      />
    )
  }
  return <ConfigEditor draft={draft} current={opened} onReview={() => setReviewing(true)} onCancel={onDone} />
}
