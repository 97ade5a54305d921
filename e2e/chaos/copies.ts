import { instancesRun } from '#e2e/chaos/instances-run.ts'
import { lineArrived, linesHandedOut } from '#e2e/chaos/line-copy.ts'
import { feedLines, type LineFeed } from '#e2e/chaos/line-feed.ts'
import { lineBefore, numberOf } from '#e2e/chaos/numbered-lines.ts'
import { createChecker, type Verdict } from '#e2e/checker/checker.ts'
import { everyCheck } from '#e2e/checker/every-check.ts'
import { inTimeOrder } from '#e2e/checker/in-time-order.ts'
import { noDuplicates } from '#e2e/checker/no-duplicates.ts'
import { type Observation, type Stream, streamOf, type Trouble } from '#e2e/checker/observation.ts'
import type { Cluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { kafkaRecords } from '#e2e/observers/kafka-records.ts'
import { createTimedTopic, observingClient } from '#e2e/observers/observing-client.ts'
import { create, linesOf, sinkOf, sourceOf } from '#e2e/reliability/file-pair.ts'
import { eventually } from '#e2e/start/eventually.ts'
import type { KafkaClient } from '#server/kafka/client.ts'

/**
 * Files that are copied through topics while things happen: `count` sources and as many sinks. On a cluster that was started
 * with `verifiable`, so that the broker says when it took what.
 */
export interface Copies extends AsyncDisposable {
  /** Waits until every connector and task runs on one of these workers, as all of them say. */
  running(on: readonly ConnectWorker[], withinMs: number): Promise<void>
  /** Carries out a fault, and lets the checker know. */
  fault<Result>(trouble: Trouble, work: () => Promise<Result>): Promise<Result>
  /** Stops writing, waits until everything is at the end of its way, and says what became of it. */
  finish(options: { withinMs: number; healMs: number; mostDuplicates: number }): Promise<CopiesReport>
}

export interface CopiesReport {
  sent: number
  verdicts: readonly Verdict[]
  /** I2, I3: how many arrivals were not the first of their line. */
  duplicates: number
}

/** Every copy is a stream of its own, and every output file the same place: each has lines of one of them. */
const outputs = 'file'

export async function startCopies(cluster: Cluster, count: number, perSecond: number): Promise<Copies> {
  const [worker] = cluster.workers
  if (!worker) throw new Error('there is no worker')
  const names = Array.from({ length: count }, (_, n) => `copy-${n}`)
  const client = observingClient(cluster.bootstrapServers)
  const feeds: LineFeed[] = []
  const faults: Observation[] = []
  const topicOf = (name: string) => `${cluster.group}-${name}`
  const inputOf = (name: string) => cluster.file(`${name}.in`)
  const outputOf = (name: string) => cluster.file(`${name}.out`)
  for (const name of names) {
    feeds.push(feedLines(inputOf(name), perSecond))
    await createTimedTopic(client, topicOf(name), 1)
    await create(worker, `${name}-in`, sourceOf(inputOf(name), topicOf(name)))
    await create(worker, `${name}-out`, sinkOf(outputOf(name), topicOf(name)))
  }

  const running: Copies['running'] = (on, withinMs) =>
    instancesRun(on, { instances: count * 4, counted: (name) => name.startsWith('copy-') }, withinMs)

  const arrivedIn = (name: string) => new Set(linesOf(outputOf(name)).map(numberOf)).size

  /** Resolves when every output has more than now; what never goes on is for the checker to say. */
  async function goesOn(withinMs: number): Promise<void> {
    const before = names.map(arrivedIn)
    const all = () => names.every((name, n) => arrivedIn(name) > (before[n] ?? 0))
    await eventually(async () => all() || undefined, { withinMs, what: 'every copy goes on' }).catch(() => undefined)
  }

  return {
    running,
    async fault(trouble, work) {
      faults.push({ kind: 'fault begins', at: Date.now(), ...trouble })
      try {
        return await work()
      } finally {
        faults.push({ kind: 'fault ends', at: Date.now(), ...trouble })
      }
    },
    async finish({ withinMs, healMs, mostDuplicates }) {
      await goesOn(withinMs)
      const sent = feeds.map((feed) => feed.stop())
      const all = () => names.every((name, n) => arrivedIn(name) >= (sent[n] ?? 0))
      // What is missing at the end of this wait is lost, which is for the checker to say.
      await eventually(async () => (all() ? true : undefined), {
        withinMs,
        what: 'all lines are at the end of their way',
      }).catch(() => undefined)
      const seen: (Iterable<Observation> | AsyncIterable<Observation>)[] = [
        faults,
        ...(await positions(client, `${cluster.group}-offsets`)),
      ]
      const ends: Observation[] = []
      for (const [n, name] of names.entries()) {
        const stream = streamOf(`${name}-in`, 0)
        seen.push(linesHandedOut(stream, sent[n] ?? 0), ...(await topicLines(client, topicOf(name), stream)))
        ends.push(...linesOf(outputOf(name)).map((line) => lineArrived(Date.now(), outputs, stream, line)))
      }
      const checker = createChecker({
        ...everyCheck({
          delivery: 'at-least-once',
          streams: names.map((name) => streamOf(`${name}-in`, 0)),
          sinks: [outputs],
          healMs,
          commitMs: Number.POSITIVE_INFINITY,
          statusWithinMs: Number.POSITIVE_INFINITY,
          quietMs: Number.POSITIVE_INFINITY,
          mostDuplicates,
        }),
        duplicates: noDuplicates('exactly-once'),
      })
      for await (const one of inTimeOrder(...seen)) checker.see(one)
      for (const one of ends) checker.see(one)
      const verdicts = checker.end()
      return {
        sent: sent.reduce((sum, one) => sum + one, 0),
        verdicts: verdicts.filter(({ invariant }) => invariant !== 'duplicates'),
        duplicates: verdicts.find(({ invariant }) => invariant === 'duplicates')?.violations ?? 0,
      }
    },
    async [Symbol.asyncDispose]() {
      for (const feed of feeds) feed.stop()
      await client[Symbol.asyncDispose]()
    },
  }
}

async function topicLines(client: KafkaClient, topic: string, stream: Stream): Promise<AsyncIterable<Observation>[]> {
  const partitions = await kafkaRecords(client, topic)
  return partitions.map(async function* (records) {
    for await (const { value, timestamp } of records) yield lineArrived(timestamp, 'topic', stream, value ?? '')
  })
}

/** The positions that the offset topic was told, as the last line before each. */
async function positions(client: KafkaClient, topic: string): Promise<AsyncIterable<Observation>[]> {
  const partitions = await kafkaRecords(client, topic)
  return partitions.map(async function* (records): AsyncGenerator<Observation> {
    for await (const { key, value, timestamp: at } of records) {
      const [connector] = JSON.parse(key ?? '[]') as [string]
      if (!/^copy-\d+-in$/.test(connector)) continue
      const seqno = value === null ? null : lineBefore(Number(JSON.parse(value).position))
      yield { kind: 'source offset', at, stream: streamOf(connector, 0), seqno }
    }
  })
}
