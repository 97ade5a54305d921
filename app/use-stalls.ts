'use client'
import { useQuery } from '@tanstack/react-query'
import { useTRPC } from '#app/trpc.ts'

/** The connectors and tasks of a cluster that show no progress; workers tell of them when they are asked. */
export function useStalls(cluster: string) {
  const trpc = useTRPC()
  const query = useQuery(trpc.connectors.stalls.queryOptions({ cluster }, { refetchInterval: 3_000 }))
  return query.data
}

/** The connectors of a cluster that run and have no tasks. */
export function useTaskless(cluster: string) {
  const trpc = useTRPC()
  const query = useQuery(trpc.connectors.taskless.queryOptions({ cluster }, { refetchInterval: 3_000 }))
  return query.data
}
