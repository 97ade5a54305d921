import { askEveryWorker } from '#server/console/ask-every-worker.ts'
import type { ConnectedCluster } from '#server/console/connections.ts'
import { orNull } from '#server/console/or-null.ts'
import type { EventPage, EventQuery } from '#server/contract/events.ts'

/**
 * A page of what happened, from any worker; where there is no topic, what all workers remember together, at most `limit` of
 * the newest, without older ones. Null when the cluster is not run by Sluice.
 */
export async function collectEvents(
  cluster: Pick<ConnectedCluster, 'herder' | 'workerAt'>,
  query: EventQuery,
): Promise<EventPage | null> {
  const page = await orNull(cluster.herder.events(query), 'UNSUPPORTED')
  if (page?.origin !== 'worker') return page
  const answers = await askEveryWorker(cluster, (worker) => worker.events(query))
  const entries = (answers ?? []).flatMap((answer) => answer.entries).sort((a, b) => a.at - b.at)
  return { entries: entries.slice(-query.limit), older: null, origin: 'worker' }
}
