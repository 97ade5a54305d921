import { askEveryWorker } from '#server/console/ask-every-worker.ts'
import type { ConnectedCluster } from '#server/console/connections.ts'
import { orNull } from '#server/console/or-null.ts'
import type { TaskThroughput } from '#server/contract/connector.ts'

/** How much every task has moved, on whatever worker; null where the workers are not run by Sluice. */
export async function collectThroughput(
  cluster: Pick<ConnectedCluster, 'herder' | 'workerAt'>,
): Promise<TaskThroughput[] | null> {
  const answers = await askEveryWorker(cluster, (worker) => orNull(worker.throughput(), 'UNSUPPORTED'))
  return answers?.flatMap((answer) => answer ?? []) ?? null
}
