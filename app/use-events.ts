'use client'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import { useTRPC } from '#app/trpc.ts'
import { createEventBuffer } from '#components/logs/event-buffer.ts'
import type { EventFilter, EventKind } from '#server/contract/events.ts'

const capacity = 5_000
const pageSize = 200
/** Without a stream, and until there is a first entry to follow from, the newest are asked for again. */
const lookAgainMs = 1_500

/** What happened and what goes on happening to a connector: pages of what was, and a stream of what comes after. */
export function useEvents(
  cluster: string,
  filter: EventFilter & { connector: string; kinds: EventKind[] },
  follow: boolean,
) {
  const trpc = useTRPC()
  const [buffer] = useState(() => createEventBuffer(capacity, (draw) => requestAnimationFrame(draw)))
  const live = useSyncExternalStore(buffer.subscribe, buffer.view, buffer.view)
  const wanted = JSON.stringify([cluster, filter])
  // biome-ignore lint/correctness/useExhaustiveDependencies: what came belongs to the filter it came for
  useEffect(() => buffer.clear(), [buffer, wanted])

  const pages = useInfiniteQuery(
    trpc.connectors.events.infiniteQueryOptions(
      { cluster, ...filter, limit: pageSize },
      {
        getNextPageParam: (page) => page?.older ?? undefined,
        refetchInterval: ({ state }) => {
          const [first] = state.data?.pages ?? []
          const streams = first?.origin === 'topic' && first.entries.length > 0
          return follow && first !== null && !streams ? lookAgainMs : false
        },
        refetchOnWindowFocus: false,
      },
    ),
  )
  const [first] = pages.data?.pages ?? []
  const after = first?.entries.at(-1)?.id
  const stream = useSubscription(
    trpc.connectors.follow.subscriptionOptions(
      { cluster, ...filter, ...(after !== undefined && { after }) },
      {
        enabled: follow && first?.origin === 'topic' && after !== undefined,
        onData: ({ data }) => buffer.push(data),
      },
    ),
  )
  const entries = useMemo(() => {
    const past = (pages.data?.pages ?? []).toReversed().flatMap((page) => page?.entries ?? [])
    return [...past, ...live]
  }, [pages.data, live])
  return {
    query: { ...pages, data: pages.data ? { absent: first === null, entries } : undefined },
    /** Undefined: there are no older ones. */
    older: pages.hasNextPage ? { load: () => void pages.fetchNextPage(), busy: pages.isFetchingNextPage } : undefined,
    streamError: stream.error,
  }
}
