'use client'
import type { ReactNode } from 'react'
import { troubleOf } from '#app/trouble.ts'
import { Failure } from '#components/ui/failure.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'

interface Asked<T> {
  data: T | undefined
  error: unknown
  isFetching: boolean
  refetch: () => Promise<unknown>
}

/**
 * The faces of something fetched: loading, failed, and what it is (empty or full is the child's to tell). Data that was
 * there once stays on the screen when a later request fails; the bar at the top says that it is stale.
 */
export function Faces<T>({
  query,
  loading = <Skeleton />,
  children,
}: {
  query: Asked<T>
  loading?: ReactNode
  children: (data: T) => ReactNode
}) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) {
    return <Failure trouble={troubleOf(query.error)} retry={() => void query.refetch()} busy={query.isFetching} />
  }
  return loading
}
