'use client'
import { useQuery } from '@tanstack/react-query'
import { useTRPC } from '#app/trpc.ts'

/** The tasks of a cluster that show no progress; workers tell of them when they are asked. */
export function useStalls(cluster: string) {
  const trpc = useTRPC()
  const query = useQuery(trpc.connectors.stalls.queryOptions({ cluster }, { refetchInterval: 3_000 }))
  return query.data
}
