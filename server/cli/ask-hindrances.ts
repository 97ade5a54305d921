import { askEveryWorker } from '#server/console/ask-every-worker.ts'
import { orNull } from '#server/console/or-null.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { StalledInstance, TasklessConnector } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'

interface Cluster {
  herder: Herder
  workerAt(url: string): Herder
}

/** What keeps connectors from moving anything although they are RUNNING in Kafka Connect's words. */
export interface Hindrances {
  /** Null where nobody can tell, as on workers of Apache Kafka Connect. */
  known: { stalls: StalledInstance[]; taskless: TasklessConnector[] } | null
  /** Why not all of it is known, where it should be; a sentence for people. */
  gap?: string
}

/** Longer than one worker is given. A leader that is frozen is given up by its group a little later. */
const mostMs = 8_000

/**
 * Every worker is asked for what hangs on it. What is known of connectors is told without this, so a cluster that fails here, or
 * takes long, rejects nothing.
 */
export async function askHindrances(cluster: Cluster, clock: Pick<Clock, 'sleep'>): Promise<Hindrances> {
  const over = new AbortController()
  const late = clock.sleep(mostMs, over.signal).then((): Hindrances => {
    return { known: null, gap: 'What is stalled is not known: the cluster does not say who is in it.' }
  })
  try {
    return await Promise.race([askAll(cluster), late])
  } finally {
    over.abort()
  }
}

async function askAll(cluster: Cluster): Promise<Hindrances> {
  const silent: string[] = []
  const ask = async (worker: Herder) => ({
    stalls: (await orNull(worker.stalls(), 'UNSUPPORTED')) ?? [],
    taskless: (await orNull(worker.taskless(), 'UNSUPPORTED')) ?? [],
  })
  try {
    const answers = await askEveryWorker(cluster, ask, (worker) => silent.push(worker))
    if (!answers) return { known: null }
    const known = {
      stalls: answers.flatMap(({ stalls }) => stalls).sort((a, b) => a.since - b.since),
      taskless: answers.flatMap(({ taskless }) => taskless),
    }
    if (silent.length === 0) return { known }
    return { known, gap: `What is stalled on ${silent.sort().join(', ')} is not known: no answer from there.` }
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    return { known: null, gap: `What is stalled is not known: ${error.message}` }
  }
}
