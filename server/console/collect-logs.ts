import { askEveryWorker } from '#server/console/ask-every-worker.ts'
import type { ConnectedCluster } from '#server/console/connections.ts'
import type { LogLine } from '#server/contract/connector.ts'
import type { LogQuery } from '#server/contract/herder.ts'

/**
 * What all workers remember together, oldest first, at most `limit` of the newest; null when the cluster's workers
 * remember nothing by design.
 */
export async function collectLogs(
  cluster: Pick<ConnectedCluster, 'herder' | 'workerAt'>,
  query: LogQuery,
): Promise<LogLine[] | null> {
  const answers = await askEveryWorker(cluster, (worker) => worker.logs(query))
  return (
    answers
      ?.flat()
      .sort((a, b) => a.at - b.at || a.id - b.id)
      .slice(-query.limit) ?? null
  )
}
