import type { ConnectedCluster } from '#server/console/connections.ts'
import { orNull } from '#server/console/or-null.ts'
import type { LogLine } from '#server/contract/connector.ts'
import type { LogQuery } from '#server/contract/herder.ts'
import { inParallel } from '#server/contract/in-parallel.ts'

/**
 * What all workers remember together, oldest first, at most `limit` of the newest; null when the cluster's workers
 * remember nothing by design. A worker that does not answer is left out. Where none does at the address that it gave the
 * group, as with workers behind a proxy, the one that the console reaches answers for itself.
 */
export async function collectLogs(
  cluster: Pick<ConnectedCluster, 'herder' | 'workerAt'>,
  query: LogQuery,
): Promise<LogLine[] | null> {
  const view = await orNull(cluster.herder.cluster(), 'UNSUPPORTED')
  if (!view) return null
  const answers = await inParallel(view.workers, 8, async ({ url }) => {
    const [answer] = await Promise.allSettled([cluster.workerAt(url).logs(query)])
    return answer
  })
  const told = answers.filter((answer) => answer.status === 'fulfilled').map(({ value }) => value)
  const lines = told.length > 0 ? told : [await cluster.herder.logs(query)]
  return lines
    .flat()
    .sort((a, b) => a.at - b.at || a.id - b.id)
    .slice(-query.limit)
}
