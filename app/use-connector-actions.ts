'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import { useNotices } from '#components/frame/notices.tsx'

export type ConnectorAction =
  | { do: 'pause' | 'resume' | 'stop' | 'delete' }
  | { do: 'restart'; includeTasks: boolean; onlyFailed: boolean }
  | { do: 'restartTask'; task: number }

/** What was accepted; whether it came true shows in the state, which the page keeps watching. */
const accepted: Record<ConnectorAction['do'], string> = {
  pause: 'is being paused',
  resume: 'is being resumed',
  stop: 'is being stopped',
  delete: 'is being deleted',
  restart: 'is being restarted',
  restartTask: 'has a task being restarted',
}

/** Everything that can be asked of a connector. Nothing is shown before the cluster says so. */
export function useConnectorActions(cluster: string) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const notices = useNotices()
  const pause = useMutation(trpc.connectors.pause.mutationOptions())
  const resume = useMutation(trpc.connectors.resume.mutationOptions())
  const stop = useMutation(trpc.connectors.stop.mutationOptions())
  const remove = useMutation(trpc.connectors.delete.mutationOptions())
  const restart = useMutation(trpc.connectors.restart.mutationOptions())
  const restartTask = useMutation(trpc.connectors.restartTask.mutationOptions())

  const perform = (name: string, action: ConnectorAction): Promise<unknown> => {
    switch (action.do) {
      case 'pause':
        return pause.mutateAsync({ cluster, name })
      case 'resume':
        return resume.mutateAsync({ cluster, name })
      case 'stop':
        return stop.mutateAsync({ cluster, name })
      case 'delete':
        return remove.mutateAsync({ cluster, name })
      case 'restart':
        return restart.mutateAsync({ cluster, name, includeTasks: action.includeTasks, onlyFailed: action.onlyFailed })
      case 'restartTask':
        return restartTask.mutateAsync({ cluster, name, task: action.task })
    }
  }

  /** Asks, says what was accepted or refused, and resolves to whether it was accepted. */
  const run = async (name: string, action: ConnectorAction): Promise<boolean> => {
    try {
      await perform(name, action)
      notices.done(`${name} ${accepted[action.do]}`)
      return true
    } catch (error) {
      const trouble = troubleOf(error)
      notices.failed(`${name}: ${trouble.message}`, trouble.hint)
      return false
    } finally {
      void queryClient.invalidateQueries({ queryKey: trpc.connectors.pathKey() })
    }
  }

  const asked = [pause, resume, stop, remove, restart, restartTask]
  const busy = (name: string) => asked.some((each) => each.isPending && each.variables?.name === name)
  return { run, busy }
}
