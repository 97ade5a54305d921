import { mkdirSync } from 'node:fs'
import { createChecker, type Verdict } from '#e2e/checker/checker.ts'
import { everyCheck, type Promises } from '#e2e/checker/every-check.ts'
import { inTimeOrder } from '#e2e/checker/in-time-order.ts'
import { type Stream, streamOf, type Trouble } from '#e2e/checker/observation.ts'
import type { Cluster } from '#e2e/harness/cluster.ts'
import { askSettled, inState } from '#e2e/harness/rest.ts'
import { createJournal, type Journal } from '#e2e/observers/journal.ts'
import { ledgersIn } from '#e2e/observers/ledgers.ts'
import { createTimedTopic, observingClient } from '#e2e/observers/observing-client.ts'
import { watchStatuses } from '#e2e/observers/rest-statuses.ts'
import { watchSinkOffsets } from '#e2e/observers/sink-offsets.ts'
import { sourceOffsets } from '#e2e/observers/source-offsets.ts'
import { topicArrivals } from '#e2e/observers/topic-arrivals.ts'
import { eventually } from '#e2e/start/eventually.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import { createAdmin } from '#server/kafka/admin.ts'

/** A verifiable source that flows into a verifiable sink, and everybody who watches them from outside. */
export interface VerifiableRun extends AsyncDisposable {
  readonly source: string
  readonly sink: string
  /** Carries out a fault, and lets the checker know. */
  fault<Result>(trouble: Trouble, work: () => Promise<Result>): Promise<Result>
  /** Resolves when every task of the source, and the sink behind them, has committed more than there was. */
  goesOn(): Promise<void>
  /** A process is no more, whatever it had said. */
  gone(pid: number): void
  /** Stops the source, lets the sink catch up, and judges everything that was seen. */
  finish(): Promise<VerifiableReport>
}

export interface VerifiableReport {
  verdicts: readonly Verdict[]
  /** How many observations there were, by their kind. */
  seen: Readonly<Record<string, number>>
}

export interface VerifiableRunOptions {
  name: string
  tasks: number
  /** Records per second of each task. */
  throughput: number
  promises: Omit<Promises, 'streams' | 'sinks'>
  /** More of the source's config. */
  config?: Record<string, string>
}

/** On a cluster that was started with `verifiable`. */
export async function startVerifiableRun(cluster: Cluster, options: VerifiableRunOptions): Promise<VerifiableRun> {
  const { name, tasks, throughput } = options
  const [source, sink] = [`${name}-source`, `${name}-sink`]
  // A topic cannot have every name that a connector can.
  const topic = `${cluster.group}-${crypto.randomUUID().slice(0, 8)}`
  const streams: Stream[] = Array.from({ length: tasks }, (_, task) => streamOf(source, task))
  const ledgers = cluster.file(`${name}-ledgers`)
  mkdirSync(ledgers)
  const lifecycle = createLifecycle()
  const over = new AbortController()
  const [url = ''] = cluster.workers.map((worker) => worker.url)
  const client = lifecycle.own(observingClient(cluster.bootstrapServers))
  const journals = ['faults', 'statuses', 'sink-offsets', 'all'].map((what) => {
    const journal = createJournal(cluster.file(`${name}-${what}.jsonl`))
    lifecycle.defer(() => journal[Symbol.dispose]())
    return journal
  })
  const [faults, statuses, offsets, all] = journals as [Journal, Journal, Journal, Journal]

  await createTimedTopic(client, topic, tasks)
  const create = async (connector: string, config: Record<string, string>) => {
    const path = `/connectors/${encodeURIComponent(connector)}/config`
    const answer = await askSettled(url, 'PUT', path, { 'tasks.max': `${tasks}`, 'ledger.folder': ledgers, ...config })
    if (answer.status !== 201) throw new Error(`${connector} is not created: ${JSON.stringify(answer.body)}`)
    await inState(url, connector, 'RUNNING', tasks)
  }
  await create(sink, { 'connector.class': 'VerifiableSink', topics: topic })
  await create(source, { 'connector.class': 'VerifiableSource', topic, throughput: `${throughput}`, ...options.config })
  const watching = Promise.all([
    watchStatuses(
      () => cluster.workers.map((worker) => worker.url),
      { connector: source, streams },
      statuses,
      over.signal,
    ),
    watchSinkOffsets(client, sink, offsets, over.signal),
  ])

  async function sinkCatchesUp() {
    const admin = createAdmin(client)
    const places = streams.map((_, partition) => ({ topic, partition }))
    // Not where committed records end: Apache Kafka tells of a commit before its last markers stand in the log.
    const ends = await admin.listOffsets(places, 'latest')
    await eventually(
      async () => {
        const committed = await admin.groupOffsets(`connect-${sink}`, places)
        const at = (partition: number) => committed.find((one) => one.partition === partition)?.offset ?? 0
        return ends.every(({ partition, offset }) => at(partition) >= offset) || undefined
      },
      { withinMs: 60_000, what: `${sink} has taken all of ${topic}` },
    )
  }

  /** By the source's task; to wait for, not to judge by. */
  async function committedSeqnos(): Promise<Map<number, number>> {
    const { body } = await askSettled(url, 'GET', `/connectors/${encodeURIComponent(source)}/offsets`)
    const known: { partition: { id: number }; offset: { seqno: number } }[] = body.offsets
    return new Map(known.map(({ partition, offset }) => [partition.id, offset.seqno]))
  }

  /** Nothing is under way any more. */
  const cuts = () => streams.map((stream) => ({ kind: 'cut', at: Date.now(), stream }) as const)

  async function endWatching() {
    over.abort()
    await watching
  }

  return {
    source,
    sink,
    async fault(trouble, work) {
      faults.write({ kind: 'fault begins', at: Date.now(), ...trouble })
      try {
        return await work()
      } finally {
        faults.write({ kind: 'fault ends', at: Date.now(), ...trouble })
      }
    },
    async goesOn() {
      const before = await committedSeqnos()
      await eventually(
        async () => {
          const now = await committedSeqnos()
          return streams.every((_, id) => (now.get(id) ?? -1) > (before.get(id) ?? -1)) || undefined
        },
        { withinMs: 60_000, what: `every task of ${source} goes on` },
      )
      await sinkCatchesUp()
    },
    gone: (pid) => faults.write({ kind: 'process gone', at: Date.now(), pid }),
    async finish() {
      await askSettled(url, 'PUT', `/connectors/${encodeURIComponent(source)}/stop`)
      await inState(url, source, 'STOPPED', 0)
      await sinkCatchesUp()
      await endWatching()
      const seen: Record<string, number> = {}
      const checker = createChecker(everyCheck({ ...options.promises, streams, sinks: [sink] }))
      const observations = inTimeOrder(
        ...ledgersIn(ledgers),
        ...[faults, statuses, offsets].map((journal) => journal.read()),
        ...(await topicArrivals(client, topic)),
        ...(await sourceOffsets(client, `${cluster.group}-offsets`, source)),
        ...(options.promises.delivery === 'exactly-once' ? [cuts()] : []),
      )
      for await (const one of observations) {
        seen[one.kind] = (seen[one.kind] ?? 0) + 1
        all.write(one)
        checker.see(one)
      }
      return { verdicts: checker.end(), seen }
    },
    async [Symbol.asyncDispose]() {
      await endWatching()
      await lifecycle[Symbol.asyncDispose]()
    },
  }
}
