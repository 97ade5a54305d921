import type { ConnectedCluster } from '#server/console/connections.ts'
import { orNull } from '#server/console/or-null.ts'
import type { Herder } from '#server/contract/herder.ts'
import { inParallel } from '#server/contract/in-parallel.ts'

/**
 * What every worker answers for itself; null when the cluster's workers cannot be told apart by design (it is not run by
 * Sluice). A worker that does not answer is left out. Where none does at the address that it gave the group, as with
 * workers behind a proxy, the one that the console reaches answers for itself.
 *
 * @param silent told of each worker that does not answer
 */
export async function askEveryWorker<Answer>(
  cluster: Pick<ConnectedCluster, 'herder' | 'workerAt'>,
  ask: (worker: Herder) => Promise<Answer>,
  silent: (worker: string) => void = () => undefined,
): Promise<Answer[] | null> {
  const view = await orNull(cluster.herder.cluster(), 'UNSUPPORTED')
  if (!view) return null
  const answers = await inParallel(view.workers, 8, async ({ id, url }) => {
    const [answer] = await Promise.allSettled([ask(cluster.workerAt(url))])
    if (answer.status === 'rejected') silent(id)
    return answer
  })
  const told = answers.filter((answer) => answer.status === 'fulfilled').map(({ value }) => value)
  return told.length > 0 ? told : [await ask(cluster.herder)]
}

/** As `askEveryWorker`, of what workers list: all of it together. A worker that keeps no such list adds nothing. */
export async function collectFromWorkers<Item>(
  cluster: Pick<ConnectedCluster, 'herder' | 'workerAt'>,
  list: (worker: Herder) => Promise<readonly Item[]>,
): Promise<Item[] | null> {
  const answers = await askEveryWorker(cluster, (worker) => orNull(list(worker), 'UNSUPPORTED'))
  return answers?.flatMap((answer) => answer ?? []) ?? null
}
