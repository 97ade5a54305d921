'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Send } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useState } from 'react'
import { TopicRecords } from '#app/c/[cluster]/topics/[name]/topic-records.tsx'
import { TopicTail } from '#app/c/[cluster]/topics/[name]/topic-tail.tsx'
import { Faces } from '#app/faces.tsx'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import { useCluster, useRouteParam } from '#app/use-cluster.ts'
import { useNotices } from '#components/frame/notices.tsx'
import { paths } from '#components/frame/paths.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { TopicConfig } from '#components/topics/topic-config.tsx'
import { TopicUsers } from '#components/topics/topic-users.tsx'
import { Button } from '#components/ui/button.tsx'
import { compactNumber, count } from '#components/ui/format.ts'
import { PageTitle } from '#components/ui/page-title.tsx'
import { TabLinks } from '#components/ui/tab-links.tsx'
import type { TopicDetail } from '#server/contract/topics.ts'

const ProduceDialog = dynamic(() => import('#components/topics/produce-dialog.tsx').then((it) => it.ProduceDialog))

const tabs = [
  { id: 'records', label: 'Records' },
  { id: 'tail', label: 'Live tail' },
  { id: 'config', label: 'Config' },
]

export default function TopicPage() {
  const cluster = useCluster()
  const name = useRouteParam('name')
  const trpc = useTRPC()
  const url = useUrlState()
  const tab = tabs.find((each) => each.id === url.get('tab'))?.id ?? 'records'
  const topic = useQuery(trpc.topics.describe.queryOptions({ cluster, topic: name }))
  const users = useQuery(trpc.topics.users.queryOptions({ cluster, topic: name }, { staleTime: 30_000 }))
  return (
    <Faces query={topic}>
      {(detail) => (
        <>
          <PageTitle
            mono
            title={name}
            about={
              <>
                <p className="num">
                  {count(detail.partitions, 'partition')} · {compactNumber(detail.records)} records
                  {detail.internal && ' · internal'}
                </p>
                <TopicUsers users={users.data} hrefOf={(each) => paths.connector(cluster, each)} />
              </>
            }
          >
            <Produce topic={detail} />
          </PageTitle>
          <TabLinks
            label="Parts of this topic"
            current={tab}
            tabs={tabs.map((each) => ({ ...each, href: paths.topic(cluster, name, each.id) }))}
          />
          <div className="pt-3">
            {tab === 'records' && <TopicRecords topic={detail} />}
            {tab === 'tail' && <TopicTail topic={name} partitions={detail.partitions} />}
            {tab === 'config' && <TopicConfig topic={detail} />}
          </div>
        </>
      )}
    </Faces>
  )
}

function Produce({ topic }: { topic: TopicDetail }) {
  const cluster = useCluster()
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const notices = useNotices()
  const [open, setOpen] = useState(false)
  const produce = useMutation(
    trpc.topics.produce.mutationOptions({
      onSuccess: ({ partition, offset }) => {
        notices.done(`The record stands at ${topic.name}/${partition}/${offset}`)
        setOpen(false)
        void queryClient.invalidateQueries({ queryKey: trpc.topics.pathKey() })
      },
    }),
  )
  return (
    <>
      <Button onClick={() => setOpen(true)}>
        <Send aria-hidden="true" />
        Produce a record
      </Button>
      {open && (
        <ProduceDialog
          open
          onOpenChange={setOpen}
          topic={topic.name}
          partitions={topic.partitions}
          busy={produce.isPending}
          trouble={produce.error ? troubleOf(produce.error) : null}
          onProduce={(record) => produce.mutate({ cluster, ...record })}
        />
      )}
    </>
  )
}
