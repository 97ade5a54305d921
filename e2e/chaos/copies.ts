import { type CopyReport, checkCopy, stepsBack } from '#e2e/chaos/check-copy.ts'
import { feedLines, type LineFeed } from '#e2e/chaos/line-feed.ts'
import type { Cluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { ask } from '#e2e/harness/rest.ts'
import { readWhole } from '#e2e/harness/topic.ts'
import { create, linesOf, sinkOf, sourceOf } from '#e2e/reliability/file-pair.ts'
import { eventually } from '#e2e/start/eventually.ts'

/** Files that are copied through topics while things happen: `count` sources and as many sinks. */
export interface Copies extends AsyncDisposable {
  /** Stops writing, waits until everything is at the end of its way, and says what became of it. */
  finish(withinMs: number): Promise<CopiesReport>
  /** Waits until every connector and task runs on one of these workers, as all of them say. */
  running(on: readonly ConnectWorker[], withinMs: number): Promise<void>
}

export interface CopiesReport {
  sent: number
  topics: CopyReport[]
  outputs: CopyReport[]
  /** I5: how often the committed position of each source went back. */
  offsetsBack: number[]
}

export async function startCopies(cluster: Cluster, count: number, perSecond: number): Promise<Copies> {
  const [worker] = cluster.workers
  if (!worker) throw new Error('there is no worker')
  const names = Array.from({ length: count }, (_, n) => `copy-${n}`)
  const feeds: LineFeed[] = []
  const topicOf = (name: string) => `${cluster.group}-${name}`
  const inputOf = (name: string) => cluster.file(`${name}.in`)
  const outputOf = (name: string) => cluster.file(`${name}.out`)
  for (const name of names) {
    feeds.push(feedLines(inputOf(name), perSecond))
    await create(worker, `${name}-in`, sourceOf(inputOf(name), topicOf(name)))
    await create(worker, `${name}-out`, sinkOf(outputOf(name), topicOf(name)))
  }

  async function running(on: readonly ConnectWorker[], withinMs: number): Promise<void> {
    const ids = on.map(({ id }) => id)
    let last: unknown
    const allRun = async (url: string) => {
      const { status, body } = await ask(url, 'GET', '/connectors?expand=status')
      last = body
      const all = Object.values<Expanded>(body).map((one) => one.status)
      const instances = all.flatMap(({ connector, tasks }) => [connector, ...tasks])
      return (
        status === 200 &&
        instances.length === count * 4 &&
        instances.every(({ state, worker_id }) => state === 'RUNNING' && ids.includes(worker_id))
      )
    }
    await eventually(
      async () => ((await Promise.all(on.map(({ url }) => allRun(url)))).every(Boolean) ? true : undefined),
      { withinMs, what: 'everything runs' },
    ).catch((error: Error) => {
      throw new Error(`${error.message} on ${ids.join()}, but ${JSON.stringify(last)}`, { cause: error })
    })
  }

  /** The positions that the offset topic was told, in their order. */
  async function positions(name: string): Promise<number[]> {
    const records = await readWhole(cluster.bootstrapServers, `${cluster.group}-offsets`)
    return records
      .filter(({ key }) => JSON.parse(String(key))[0] === `${name}-in`)
      .map(({ value }) => JSON.parse(String(value)).position as number)
  }

  return {
    running,
    async finish(withinMs) {
      const sent = feeds.map((feed) => feed.stop())
      const last = (n: number) => checkCopy(sent[n] ?? 0, linesOf(outputOf(names[n] ?? ''))).lost.length === 0
      // What is missing at the end of this wait is lost, which is for the report to say.
      await eventually(async () => (names.every((_, n) => last(n)) ? true : undefined), {
        withinMs,
        what: 'all lines are at the end of their way',
      }).catch(() => undefined)
      const topics = await Promise.all(
        names.map(async (name, n) => {
          const records = await readWhole(cluster.bootstrapServers, topicOf(name))
          return checkCopy(
            sent[n] ?? 0,
            records.map(({ value }) => String(value)),
          )
        }),
      )
      return {
        sent: sent.reduce((sum, one) => sum + one, 0),
        topics,
        outputs: names.map((name, n) => checkCopy(sent[n] ?? 0, linesOf(outputOf(name)))),
        offsetsBack: await Promise.all(names.map(async (name) => stepsBack(await positions(name)))),
      }
    },
    async [Symbol.asyncDispose]() {
      for (const feed of feeds) feed.stop()
    },
  }
}

interface Expanded {
  status: { connector: Instance; tasks: Instance[] }
}
interface Instance {
  state: string
  worker_id: string
}
