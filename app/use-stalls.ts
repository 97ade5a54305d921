'use client'
import { useQuery } from '@tanstack/react-query'
import { useTRPC } from '#app/trpc.ts'
import type { StalledInstance } from '#server/contract/connector.ts'

const none: StalledInstance[] = []

/** What of a cluster shows no progress; undefined until that is known, nothing where nobody can be asked. */
export function useStalls(cluster: string) {
  const trpc = useTRPC()
  const query = useQuery(trpc.connectors.stalls.queryOptions({ cluster }, { refetchInterval: 3_000 }))
  return query.data ?? (query.isFetched ? none : undefined)
}

/** The connectors of a cluster that run and have no tasks. */
export function useTaskless(cluster: string) {
  const trpc = useTRPC()
  const query = useQuery(trpc.connectors.taskless.queryOptions({ cluster }, { refetchInterval: 3_000 }))
  return query.data
}
