import { collectFromWorkers } from '#server/console/ask-every-worker.ts'
import type { ConnectedCluster } from '#server/console/connections.ts'
import type { TaskThroughput } from '#server/contract/connector.ts'

/** How much every task has moved, on whatever worker; null where the workers are not run by Sluice. */
export const collectThroughput = (
  cluster: Pick<ConnectedCluster, 'herder' | 'workerAt'>,
): Promise<TaskThroughput[] | null> => collectFromWorkers(cluster, (worker) => worker.throughput())
