'use client'
import type { TabProps } from '#app/c/[cluster]/connectors/[name]/connector.ts'
import { useCluster } from '#app/use-cluster.ts'
import { useConnectorActions } from '#app/use-connector-actions.ts'
import { useStalls } from '#app/use-stalls.ts'
import { useThroughput } from '#app/use-throughput.ts'
import { TaskTable } from '#components/connectors/task-table.tsx'
import { rateOf } from '#components/connectors/throughput.ts'

export function TasksTab({ connector }: TabProps) {
  const cluster = useCluster()
  const { run, busy } = useConnectorActions(cluster)
  const { name } = connector.info
  const stalls = useStalls(cluster)?.filter((stall) => stall.connector === name) ?? []
  const throughput = useThroughput(cluster)
  return (
    <TaskTable
      tasks={connector.status?.tasks ?? []}
      stalls={stalls}
      busy={busy(name)}
      rate={(task) => rateOf(throughput, [{ connector: name, task }])}
      onRestart={(task) => void run(name, { do: 'restartTask', task })}
    />
  )
}
