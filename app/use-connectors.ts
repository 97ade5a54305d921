'use client'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useTRPC } from '#app/trpc.ts'
import { useStalls, useTaskless } from '#app/use-stalls.ts'
import { connectorRow } from '#components/connectors/connector-row.ts'

/** The list of connectors: asked once, shown by the frame, the home page, the list and the map. */
export function useConnectors(cluster: string) {
  const trpc = useTRPC()
  const query = useQuery(trpc.connectors.list.queryOptions({ cluster }))
  const stalls = useStalls(cluster)
  const taskless = useTaskless(cluster)
  const rows = useMemo(
    () => query.data?.map((each) => connectorRow(each.name, each, stalls, taskless)),
    [query.data, stalls, taskless],
  )
  return { ...query, data: rows, listed: query.data }
}
