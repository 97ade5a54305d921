'use client'
import { useQuery } from '@tanstack/react-query'
import { useTRPC } from '#app/trpc.ts'
import type { ConnectorType } from '#server/contract/connector.ts'

/** How far a sink lags behind its topics; null where that cannot be said, undefined until it is known. */
export function useLag(cluster: string, name: string, type: ConnectorType) {
  const trpc = useTRPC()
  const query = useQuery(
    trpc.connectors.lag.queryOptions({ cluster, name }, { enabled: type === 'sink', refetchInterval: 5_000 }),
  )
  return query.data
}
