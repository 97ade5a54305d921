import { collectFromWorkers } from '#server/console/ask-every-worker.ts'
import type { ConnectedCluster } from '#server/console/connections.ts'
import type { StalledInstance, TasklessConnector } from '#server/contract/connector.ts'

/** The connectors and tasks that show no progress, on whatever worker, longest first; none where workers are not run by Sluice. */
export const collectStalls = async (
  cluster: Pick<ConnectedCluster, 'herder' | 'workerAt'>,
): Promise<StalledInstance[]> => longestFirst(await collectFromWorkers(cluster, (worker) => worker.stalls()))

/** The connectors that run and have no tasks, on whatever worker, longest first; none where workers are not run by Sluice. */
export const collectTaskless = async (
  cluster: Pick<ConnectedCluster, 'herder' | 'workerAt'>,
): Promise<TasklessConnector[]> => longestFirst(await collectFromWorkers(cluster, (worker) => worker.taskless()))

const longestFirst = <Item extends { since: number }>(items: Item[] | null): Item[] =>
  (items ?? []).sort((a, b) => a.since - b.since)
