'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Cpu } from 'lucide-react'
import { Rebalances } from '#app/c/[cluster]/workers/rebalances.tsx'
import { useDrains } from '#app/c/[cluster]/workers/use-drains.ts'
import { Faces } from '#app/faces.tsx'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { useConnectors } from '#app/use-connectors.ts'
import { useStalls } from '#app/use-stalls.ts'
import { useNotices } from '#components/frame/notices.tsx'
import { paths } from '#components/frame/paths.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { Button } from '#components/ui/button.tsx'
import { Empty } from '#components/ui/empty.tsx'
import { PageTitle } from '#components/ui/page-title.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { assignmentColumns } from '#components/workers/assignment.ts'
import { AssignmentMap } from '#components/workers/assignment-map.tsx'
import { AssignmentTable } from '#components/workers/assignment-table.tsx'
import { drainChoices } from '#components/workers/drain-choices.ts'
import { DrainControl, DrainWord } from '#components/workers/drain-control.tsx'
import { DrainTable } from '#components/workers/drain-table.tsx'
import { RebalanceStrip } from '#components/workers/rebalance-strip.tsx'
import { WorkerList } from '#components/workers/worker-list.tsx'

/** Which worker runs what, and the workers that this console runs itself. */
export default function WorkersPage() {
  const cluster = useCluster()
  const url = useUrlState()
  const asTable = url.get('as') === 'table'
  return (
    <>
      <PageTitle title="Workers">
        <Button aria-pressed={asTable} onClick={() => url.set({ as: asTable ? null : 'table' })}>
          {asTable ? 'As a map' : 'As a table'}
        </Button>
      </PageTitle>
      <Parts cluster={cluster} asTable={asTable} />
    </>
  )
}

/** One below the other: none is shown before those above it are there, because it would jump. */
function Parts({ cluster, asTable }: { cluster: string; asTable: boolean }) {
  const trpc = useTRPC()
  const view = useQuery(trpc.cluster.view.queryOptions({ cluster }))
  const workers = useQuery(trpc.workers.list.queryOptions({ cluster }))
  const connectors = useConnectors(cluster)
  // Also what failed is fetched: the workers that are gone are started from here.
  if (![view, workers, connectors].every(({ isFetched }) => isFetched)) return <Skeleton rows={12} />
  return (
    <div className="space-y-8">
      <Assignment cluster={cluster} asTable={asTable} />
      <Embedded cluster={cluster} />
      {view.data !== undefined && <Rebalances cluster={cluster} />}
    </div>
  )
}

function Assignment({ cluster, asTable }: { cluster: string; asTable: boolean }) {
  const trpc = useTRPC()
  const view = useQuery(trpc.cluster.view.queryOptions({ cluster }, { refetchInterval: 3_000 }))
  const connectors = useConnectors(cluster)
  const stalls = useStalls(cluster)
  const drains = useDrains(cluster)
  const hrefOf = (name: string) => paths.connector(cluster, name)
  return (
    <Faces query={view}>
      {(group) => {
        if (!group) {
          return (
            <Empty icon={Cpu} title="These workers do not tell who runs what">
              Workers of Apache Kafka Connect show it only in the states of connectors and tasks.
            </Empty>
          )
        }
        const statuses = (connectors.listed ?? []).flatMap((each) => each.status ?? [])
        const columns = assignmentColumns(group, statuses, stalls)
        const choices = drainChoices(group)
        const absent = choices.filter(({ drain }) => drain?.state === 'absent')
        return (
          <section aria-label="Assignment" className="space-y-4">
            <RebalanceStrip cluster={group} />
            {asTable ? (
              <>
                <AssignmentTable columns={columns} hrefOf={hrefOf} />
                <DrainTable label="Workers of the group" choices={choices} actions={drains} />
              </>
            ) : (
              <>
                <AssignmentMap
                  columns={columns}
                  hrefOf={hrefOf}
                  headOf={(worker) => {
                    const choice = choices.find((each) => each.worker === worker)
                    return (
                      choice && (
                        <>
                          <DrainWord drain={choice.drain} />
                          <DrainControl choice={choice} actions={drains} />
                        </>
                      )
                    )
                  }}
                />
                {absent.length > 0 && (
                  <DrainTable label="Drained workers that are away" choices={absent} actions={drains} />
                )}
              </>
            )}
          </section>
        )
      }}
    </Faces>
  )
}

function Embedded({ cluster }: { cluster: string }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const notices = useNotices()
  const workers = useQuery(trpc.workers.list.queryOptions({ cluster }, { refetchInterval: 2_000 }))
  const options = {
    onError: (error: unknown) => notices.failed(troubleOf(error).message, troubleOf(error).hint),
    onSettled: () => {
      void queryClient.invalidateQueries({ queryKey: trpc.workers.pathKey() })
      void queryClient.invalidateQueries({ queryKey: trpc.cluster.pathKey() })
    },
  }
  const add = useMutation(
    trpc.workers.add.mutationOptions({
      ...options,
      onSuccess: (worker) => notices.done(`Worker ${worker.workerId} joined`),
    }),
  )
  const start = useMutation(
    trpc.workers.start.mutationOptions({
      ...options,
      onSuccess: (worker) => notices.done(`Worker ${worker.workerId} started`),
    }),
  )
  const stop = useMutation(
    trpc.workers.stop.mutationOptions({
      ...options,
      onSuccess: (worker) => notices.done(`Worker ${worker.workerId} stopped`),
    }),
  )
  return (
    <Faces query={workers}>
      {(list) =>
        list && (
          <WorkerList
            workers={list}
            adding={add.isPending}
            busy={(id) => [start, stop].some((each) => each.isPending && each.variables.id === id)}
            onAdd={() => add.mutate({ cluster })}
            onStart={(id) => start.mutate({ cluster, id })}
            onStop={(id) => stop.mutate({ cluster, id })}
          />
        )
      }
    </Faces>
  )
}
