import { askEveryWorker } from '#server/console/ask-every-worker.ts'
import type { ConnectedCluster } from '#server/console/connections.ts'
import { orNull } from '#server/console/or-null.ts'
import type { StalledTask } from '#server/contract/connector.ts'

/** The tasks that show no progress, on whatever worker, longest first; none where workers are not run by Sluice. */
export async function collectStalls(cluster: Pick<ConnectedCluster, 'herder' | 'workerAt'>): Promise<StalledTask[]> {
  const answers = await askEveryWorker(cluster, (worker) => orNull(worker.stalls(), 'UNSUPPORTED'))
  return (answers ?? []).flatMap((answer) => answer ?? []).sort((a, b) => a.since - b.since)
}
