import { askEveryWorker } from '#server/console/ask-every-worker.ts'
import type { ConnectedCluster } from '#server/console/connections.ts'
import { orNull } from '#server/console/or-null.ts'
import type { StalledInstance, TasklessConnector } from '#server/contract/connector.ts'

/** The connectors and tasks that show no progress, on whatever worker, longest first; none where workers are not run by Sluice. */
export async function collectStalls(
  cluster: Pick<ConnectedCluster, 'herder' | 'workerAt'>,
): Promise<StalledInstance[]> {
  const answers = await askEveryWorker(cluster, (worker) => orNull(worker.stalls(), 'UNSUPPORTED'))
  return (answers ?? []).flatMap((answer) => answer ?? []).sort((a, b) => a.since - b.since)
}

/** The connectors that run and have no tasks, on whatever worker, longest first; none where workers are not run by Sluice. */
export async function collectTaskless(
  cluster: Pick<ConnectedCluster, 'herder' | 'workerAt'>,
): Promise<TasklessConnector[]> {
  const answers = await askEveryWorker(cluster, (worker) => orNull(worker.taskless(), 'UNSUPPORTED'))
  return (answers ?? []).flatMap((answer) => answer ?? []).sort((a, b) => a.since - b.since)
}
