'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Milestone } from 'lucide-react'
import { useState } from 'react'
import type { TabProps } from '#app/c/[cluster]/connectors/[name]/connector.ts'
import { Faces } from '#app/faces.tsx'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { useLag } from '#app/use-lag.ts'
import { useNotices } from '#components/frame/notices.tsx'
import { paths } from '#components/frame/paths.ts'
import { LagTable } from '#components/offsets/lag-table.tsx'
import { OffsetTable } from '#components/offsets/offset-table.tsx'
import { Button } from '#components/ui/button.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { Empty } from '#components/ui/empty.tsx'

/** How far it has come. Offsets can be reset only while it is stopped, as in Kafka Connect. */
export function OffsetsTab({ connector }: TabProps) {
  const cluster = useCluster()
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const notices = useNotices()
  const { name, type, config } = connector.info
  const offsets = useQuery(trpc.connectors.offsets.queryOptions({ cluster, name }, { refetchInterval: 5_000 }))
  const lag = useLag(cluster, name, type)
  const [asking, setAsking] = useState(false)
  const reset = useMutation(
    trpc.connectors.resetOffsets.mutationOptions({
      onSuccess: (sentence) => {
        setAsking(false)
        notices.done(sentence)
        void queryClient.invalidateQueries({ queryKey: trpc.connectors.offsets.pathKey() })
      },
      onError: (error) => {
        setAsking(false)
        notices.failed(troubleOf(error).message, troubleOf(error).hint)
      },
    }),
  )
  const stopped = connector.status?.connector.state === 'STOPPED'
  return (
    <Faces query={offsets}>
      {(entries) => (
        <>
          <div className="mb-3 flex flex-wrap items-center gap-3">
            <p className="flex-1 text-ink-soft">
              {type === 'sink'
                ? `The committed offsets of its consumer group, ${config['consumer.override.group.id'] ?? `connect-${name}`}.`
                : 'Where it goes on after a restart, as its tasks last committed.'}
            </p>
            <Button
              disabled={!stopped || entries.length === 0}
              title={stopped ? undefined : 'Stop the connector first: a running task would write its offsets again.'}
              onClick={() => setAsking(true)}
            >
              Reset offsets…
            </Button>
          </div>
          {lag && lag.length > 0 ? (
            <LagTable lag={lag} topicHref={(topic) => paths.topic(cluster, topic)} />
          ) : entries.length === 0 ? (
            <Empty icon={Milestone} title="No offsets yet">
              They are written with the first commit, after the first records.
            </Empty>
          ) : (
            <OffsetTable offsets={entries} />
          )}
          <ConfirmDialog
            open={asking}
            onOpenChange={setAsking}
            title={`Reset the offsets of ${name}`}
            consequence={
              type === 'sink'
                ? 'It reads its topics from the first record again, and writes what it has written before.'
                : 'It reads its source from the beginning again, and sends what it has sent before.'
            }
            typed={name}
            action="Reset offsets"
            busy={reset.isPending}
            onConfirm={() => reset.mutate({ cluster, name })}
          />
        </>
      )}
    </Faces>
  )
}
