'use client'
import { useQuery } from '@tanstack/react-query'
import { useTRPCClient } from '#app/trpc.ts'
import { useDebounced } from '#app/use-debounced.ts'
import { lagsAfter } from '#components/offsets/lag.ts'

type Lags = ReadonlyMap<string, number>

/** In one question; more of them are asked for one after the other. */
const atOnce = 200
/** A page of rows is looked at while it changes; all sinks of a large cluster cost its workers a question each. */
const everyMs = (sinks: number) => (sinks <= 100 ? 10_000 : 30_000)
const none: Lags = new Map()

/** The lags of these sinks as far as they are known, and of those that were asked for before. */
export function useLags(cluster: string, sinks: readonly string[]): Lags {
  const client = useTRPCClient()
  // No name holds a line break. While rows scroll by, nothing is asked.
  const asked = useDebounced(sinks.toSorted().join('\n'), 250)
  const known = ['lag of sinks', cluster]
  useQuery({
    queryKey: [...known, asked],
    async queryFn({ client: cache, signal }) {
      const names = asked.split('\n')
      for (let from = 0; from < names.length; from += atOnce) {
        const part = names.slice(from, from + atOnce)
        const told = await client.connectors.lags.query({ cluster, names: part }, { signal })
        // The console knows no Kafka of this cluster.
        if (!told) return false
        cache.setQueryData<Lags>(known, (was) => lagsAfter(was, part, told))
      }
      return true
    },
    enabled: asked !== '',
    refetchInterval: ({ state }) => (state.data === false ? false : everyMs(sinks.length)),
    gcTime: 0,
  })
  const { data } = useQuery<Lags>({ queryKey: known, enabled: false, initialData: none, structuralSharing: false })
  return data
}
