import { askEveryWorker } from '#server/console/ask-every-worker.ts'
import type { ConnectedCluster } from '#server/console/connections.ts'
import { orNull } from '#server/console/or-null.ts'
import type { Recovery } from '#server/contract/connector.ts'

/** What the workers do by themselves about what failed of a connector; nothing where they are not run by Sluice. */
export async function collectRecoveries(
  cluster: Pick<ConnectedCluster, 'herder' | 'workerAt'>,
  connector: string,
): Promise<Recovery[]> {
  const answers = await askEveryWorker(cluster, (worker) => orNull(worker.recoveries(), 'UNSUPPORTED'))
  return (answers ?? []).flatMap((answer) => answer ?? []).filter((recovery) => recovery.connector === connector)
}
