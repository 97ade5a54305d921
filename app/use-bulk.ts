'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import type { BulkAction } from '#components/connectors/bulk-bar.tsx'
import type { BulkOutcome } from '#components/connectors/bulk-result.tsx'

const titles: Record<BulkAction, string> = {
  pause: 'Pausing connectors',
  resume: 'Resuming connectors',
  restart: 'Restarting connectors and their tasks',
}

/** The same for many connectors: each gets its own answer. */
export function useBulk(cluster: string) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [shown, setShown] = useState<{ title: string; outcomes: BulkOutcome[] } | null>(null)
  const pause = useMutation(trpc.connectors.pause.mutationOptions())
  const resume = useMutation(trpc.connectors.resume.mutationOptions())
  const restart = useMutation(trpc.connectors.restart.mutationOptions())

  const one = (action: BulkAction, name: string): Promise<unknown> => {
    switch (action) {
      case 'pause':
        return pause.mutateAsync({ cluster, name })
      case 'resume':
        return resume.mutateAsync({ cluster, name })
      case 'restart':
        return restart.mutateAsync({ cluster, name, includeTasks: true, onlyFailed: false })
    }
  }

  const all = async (action: BulkAction, names: readonly string[]) => {
    const asked = names.map(async (name): Promise<BulkOutcome> => {
      try {
        await one(action, name)
        return { name, ok: true }
      } catch (error) {
        return { name, ok: false, message: troubleOf(error).message }
      }
    })
    setShown({ title: titles[action], outcomes: await Promise.all(asked) })
    await queryClient.invalidateQueries({ queryKey: trpc.connectors.pathKey() })
  }

  return {
    perform: (action: BulkAction, names: readonly string[]) => void all(action, names),
    busy: pause.isPending || resume.isPending || restart.isPending,
    title: shown?.title ?? '',
    outcomes: shown?.outcomes ?? null,
    close: () => setShown(null),
  }
}
