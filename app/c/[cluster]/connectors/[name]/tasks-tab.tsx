'use client'
import type { TabProps } from '#app/c/[cluster]/connectors/[name]/connector.ts'
import { useCluster } from '#app/use-cluster.ts'
import { useConnectorActions } from '#app/use-connector-actions.ts'
import { useStalls } from '#app/use-stalls.ts'
import { TaskTable } from '#components/connectors/task-table.tsx'

export function TasksTab({ connector }: TabProps) {
  const cluster = useCluster()
  const { run, busy } = useConnectorActions(cluster)
  const { name } = connector.info
  const stalls = useStalls(cluster)?.filter((stall) => stall.connector === name) ?? []
  return (
    <TaskTable
      tasks={connector.status?.tasks ?? []}
      stalls={stalls}
      busy={busy(name)}
      onRestart={(task) => void run(name, { do: 'restartTask', task })}
    />
  )
}
