'use client'
import { useQuery } from '@tanstack/react-query'
import { useTRPCClient } from '#app/trpc.ts'
import { addSample, type ThroughputSamples } from '#components/connectors/throughput.ts'

/** What the tasks of a cluster moved in the last minute, sampled while somebody looks. */
export function useThroughput(cluster: string): ThroughputSamples | undefined {
  const client = useTRPCClient()
  const queryKey = ['throughput', cluster]
  const query = useQuery({
    queryKey,
    async queryFn({ client: cache, signal }) {
      const told = await client.connectors.throughput.query({ cluster }, { signal })
      return addSample(cache.getQueryData<ThroughputSamples>(queryKey), told, Date.now())
    },
    refetchInterval: ({ state }) => (state.data === null ? false : 2_000),
    structuralSharing: false,
  })
  return query.data
}
