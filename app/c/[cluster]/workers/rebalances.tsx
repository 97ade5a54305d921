'use client'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Faces } from '#app/faces.tsx'
import { useTRPC } from '#app/trpc.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { RebalanceList } from '#components/workers/rebalance-list.tsx'
import type { ClusterView } from '#server/contract/connector.ts'

const pageSize = 10

/** The rebalances of a group, narrowed by what stands in the URL. */
export function Rebalances({ cluster }: { cluster: string }) {
  const trpc = useTRPC()
  const group = useQuery(trpc.cluster.view.queryOptions({ cluster }))
  const url = useUrlState()
  const filter = { connector: url.get('connector') ?? '', worker: url.get('worker') ?? '' }
  const query = useInfiniteQuery(
    trpc.cluster.assignments.infiniteQueryOptions(
      {
        cluster,
        limit: pageSize,
        ...(filter.connector && { connector: filter.connector }),
        ...(filter.worker && { worker: filter.worker }),
      },
      { getNextPageParam: (page) => page?.older ?? undefined, refetchInterval: 5_000 },
    ),
  )
  return (
    <Faces query={query}>
      {({ pages }) =>
        pages[0] && (
          <RebalanceList
            rebalances={pages.flatMap((page) => page?.history ?? [])}
            filter={filter}
            choices={choicesOf(group.data)}
            onFilter={url.set}
            onOlder={query.hasNextPage ? () => void query.fetchNextPage() : undefined}
            loadingOlder={query.isFetchingNextPage}
            alone={pages[0].origin === 'worker'}
          />
        )
      }
    </Faces>
  )
}

const choicesOf = (group: ClusterView | null | undefined) => {
  const { workers, drains } = group ?? { workers: [], drains: [] }
  return {
    workers: [...new Set([...workers.map(({ id }) => id), ...drains.map(({ worker }) => worker)])].sort(),
    connectors: [
      ...new Set(
        workers.flatMap(({ connectors, tasks }) => [...connectors, ...tasks.map(({ connector }) => connector)]),
      ),
    ].sort(),
  }
}
