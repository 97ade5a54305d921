'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import { useNotices } from '#components/frame/notices.tsx'
import type { DrainActions } from '#components/workers/drain-control.tsx'

/** Drains workers and puts them back, and says so. */
export function useDrains(cluster: string): DrainActions {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const notices = useNotices()
  const options = {
    onError: (error: unknown) => notices.failed(troubleOf(error).message, troubleOf(error).hint),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: trpc.cluster.pathKey() }),
  }
  const drain = useMutation(
    trpc.workers.drain.mutationOptions({
      ...options,
      onSuccess: ({ worker, state }) =>
        notices.done(state === 'drained' ? `Worker ${worker} is drained` : `Worker ${worker} hands its work over`),
    }),
  )
  const undrain = useMutation(
    trpc.workers.undrain.mutationOptions({
      ...options,
      onSuccess: (_, { worker }) => notices.done(`Worker ${worker} takes work again`),
    }),
  )
  return {
    busy: (worker) => [drain, undrain].some((each) => each.isPending && each.variables.worker === worker),
    onDrain: (worker) => drain.mutate({ cluster, worker }),
    onPutBack: (worker) => undrain.mutate({ cluster, worker }),
  }
}
