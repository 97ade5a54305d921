import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { judge, type Verdict } from '#e2e/checker/checker.ts'
import { everyCheck, type Promises } from '#e2e/checker/every-check.ts'
import { inTimeOrder } from '#e2e/checker/in-time-order.ts'
import type { Observation, Trouble } from '#e2e/checker/observation.ts'
import { createJournal, type Journal } from '#e2e/observers/journal.ts'
import { ledgersIn } from '#e2e/observers/ledgers.ts'
import { createTimedTopic, observingClient } from '#e2e/observers/observing-client.ts'
import { watchSinkOffsets } from '#e2e/observers/sink-offsets.ts'
import { sourceOffsets } from '#e2e/observers/source-offsets.ts'
import { topicArrivals } from '#e2e/observers/topic-arrivals.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import type { KafkaClient } from '#server/kafka/client.ts'

/** The topics of one run on a broker, and everything that is seen of it from outside. */
export interface Bench extends AsyncDisposable {
  readonly bootstrapServers: string
  readonly client: KafkaClient
  readonly topic: string
  readonly offsetsTopic: string
  /** A sink of this bench alone, for its name is that of a group. */
  readonly sink: string
  /** Where tasks keep their ledgers. */
  readonly ledgers: string
  /** For what is seen once: statuses, faults, answers. */
  readonly journal: Journal
  openClient(bootstrapServers?: string): KafkaClient
  /** Writes down what the group of a sink commits, from now on. */
  watchSink(sink: string): void
  fault<Result>(trouble: Trouble, work: () => Promise<Result>): Promise<Result>
  /** Judges what was seen of these sources. */
  judge(promises: Promises, sources: readonly string[]): Promise<Verdict[]>
}

export async function openBench(bootstrapServers: string): Promise<Bench> {
  const lifecycle = createLifecycle()
  const folder = mkdtempSync(join(tmpdir(), 'sluice-planted-'))
  lifecycle.defer(() => rmSync(folder, { recursive: true, force: true }))
  const ledgers = join(folder, 'ledgers')
  mkdirSync(ledgers)
  const openClient = (server = bootstrapServers) => lifecycle.own(observingClient(server))
  const client = openClient()
  const [topic, offsetsTopic] = [`t-${randomUUID()}`, `o-${randomUUID()}`]
  for (const name of [topic, offsetsTopic]) await createTimedTopic(client, name, 1)
  const journals = new Map<string, Journal>()
  const journalOf = (what: string) => {
    const journal = createJournal(join(folder, `${what}.jsonl`))
    lifecycle.defer(() => journal[Symbol.dispose]())
    journals.set(what, journal)
    return journal
  }
  const journal = journalOf('seen')
  const over = new AbortController()
  const watching: Promise<void>[] = []

  return {
    ...{ bootstrapServers, client, topic, offsetsTopic, sink: `out-${topic}`, ledgers, journal, openClient },
    watchSink: (sink) => void watching.push(watchSinkOffsets(client, sink, journalOf(sink), over.signal)),
    async fault(trouble, work) {
      journal.write({ kind: 'fault begins', at: Date.now(), ...trouble })
      try {
        return await work()
      } finally {
        journal.write({ kind: 'fault ends', at: Date.now(), ...trouble })
      }
    },
    async judge(promises, sources) {
      over.abort()
      await Promise.all(watching)
      const ofSources: AsyncIterable<Observation>[] = []
      for (const name of sources) ofSources.push(...(await sourceOffsets(client, offsetsTopic, name)))
      return judge(
        everyCheck(promises),
        inTimeOrder(
          ...ledgersIn(ledgers),
          ...[...journals.values()].map((one) => one.read()),
          ...(await topicArrivals(client, topic)),
          ...ofSources,
        ),
      )
    },
    async [Symbol.asyncDispose]() {
      over.abort()
      await Promise.all(watching)
      await lifecycle[Symbol.asyncDispose]()
    },
  }
}
