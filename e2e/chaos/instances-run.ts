import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { ask } from '#e2e/harness/rest.ts'
import { eventually } from '#e2e/start/eventually.ts'

interface Expanded {
  status: { connector: Instance; tasks: Instance[] }
}
interface Instance {
  state: string
  worker_id: string
}

/**
 * Waits until as many connectors and tasks as there are `instances` run, all on these workers, as each of them says; of those
 * connectors alone whose name is `counted`. The error says how they were instead.
 */
export async function instancesRun(
  workers: readonly ConnectWorker[],
  { instances, counted = () => true }: { instances: number; counted?: (connector: string) => boolean },
  withinMs: number,
): Promise<void> {
  const ids = workers.map(({ id }) => id)
  let last: unknown
  const allRun = async (url: string) => {
    const { status, body } = await ask(url, 'GET', '/connectors?expand=status')
    last = body
    const found = Object.entries<Expanded>(body)
      .filter(([name]) => counted(name))
      .flatMap(([, { status: one }]) => [one.connector, ...one.tasks])
    const run = found.every(({ state, worker_id }) => state === 'RUNNING' && ids.includes(worker_id))
    return status === 200 && found.length === instances && run
  }
  await eventually(
    async () => ((await Promise.all(workers.map(({ url }) => allRun(url)))).every(Boolean) ? true : undefined),
    { withinMs, what: 'everything runs' },
  ).catch((error: Error) => {
    throw new Error(`${error.message} on ${ids.join()}, but ${JSON.stringify(last)}`, { cause: error })
  })
}
