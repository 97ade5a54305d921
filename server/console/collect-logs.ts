import type { ConnectedCluster } from '#server/console/connections.ts'
import { inParallel } from '#server/console/in-parallel.ts'
import { orNull } from '#server/console/or-null.ts'
import type { LogLine } from '#server/contract/connector.ts'
import type { LogQuery } from '#server/contract/herder.ts'

/**
 * What all workers remember together, oldest first, at most `limit` of the newest. A worker that does not answer is left
 * out while another one does; null when the cluster's workers remember nothing by design.
 */
export async function collectLogs(cluster: ConnectedCluster, query: LogQuery): Promise<LogLine[] | null> {
  const view = await orNull(cluster.herder.cluster(), 'UNSUPPORTED')
  if (!view) return null
  const urls = view.workers.length > 0 ? view.workers.map(({ url }) => url) : cluster.settings.workerUrls
  const answers = await inParallel(urls, 8, async (url) => {
    const [answer] = await Promise.allSettled([cluster.workerAt(url).logs(query)])
    return answer
  })
  const told = answers.filter((answer) => answer.status === 'fulfilled')
  const silent = answers.find((answer) => answer.status === 'rejected')
  if (told.length === 0 && silent) throw silent.reason
  return told
    .flatMap(({ value }) => value)
    .sort((a, b) => a.at - b.at || a.id - b.id)
    .slice(-query.limit)
}
