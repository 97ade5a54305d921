'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import type { BulkAction } from '#components/connectors/bulk-bar.tsx'
import type { BulkDone, BulkOutcome } from '#components/connectors/bulk-result.tsx'
import { inParallel } from '#server/contract/in-parallel.ts'

/** Asked at the same time: a worker does them one after the other anyway, and the page goes on being served. */
const atOnce = 8

/** The same for many connectors: each gets its own answer. */
export function useBulk(cluster: string) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [done, setDone] = useState<BulkDone | null>(null)
  const [busy, setBusy] = useState<BulkAction | null>(null)
  const pause = useMutation(trpc.connectors.pause.mutationOptions())
  const resume = useMutation(trpc.connectors.resume.mutationOptions())
  const restart = useMutation(trpc.connectors.restart.mutationOptions())
  const stop = useMutation(trpc.connectors.stop.mutationOptions())
  const remove = useMutation(trpc.connectors.delete.mutationOptions())

  const one = (action: BulkAction, name: string): Promise<unknown> => {
    switch (action) {
      case 'pause':
        return pause.mutateAsync({ cluster, name })
      case 'resume':
        return resume.mutateAsync({ cluster, name })
      case 'restart':
        return restart.mutateAsync({ cluster, name, includeTasks: true, onlyFailed: false })
      case 'stop':
        return stop.mutateAsync({ cluster, name })
      case 'delete':
        return remove.mutateAsync({ cluster, name })
    }
  }

  /** Asks, shows what became of each, and resolves to that. */
  const perform = async (action: BulkAction, names: readonly string[]): Promise<BulkOutcome[]> => {
    setBusy(action)
    const outcomes = await inParallel(names, atOnce, async (name): Promise<BulkOutcome> => {
      try {
        await one(action, name)
        return { name, ok: true }
      } catch (error) {
        return { name, ok: false, message: troubleOf(error).message }
      }
    })
    setBusy(null)
    setDone({ action, outcomes })
    void queryClient.invalidateQueries({ queryKey: trpc.connectors.pathKey() })
    return outcomes
  }

  return { perform, busy, done, close: () => setDone(null) }
}
