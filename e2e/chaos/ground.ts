import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { allOf } from '#e2e/chaos/all-of.ts'
import { type Link, startLink } from '#e2e/chaos/link.ts'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { type BrokerKind, type MortalBroker, startMortalBroker } from '#e2e/harness/mortal-broker.ts'
import type { Properties } from '#e2e/harness/worker-properties.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'

/** A Kafka that somebody else runs, by its bootstrap servers, or one of this run's own. */
export type ChaosKafka = BrokerKind | { bootstrapServers: string }

/** A worker and its way to the broker. */
export interface Victim {
  worker: ConnectWorker
  link: Link
}

/** Where chaos takes place: one broker, and on it a group of workers for each promise of delivery. */
export interface Ground extends AsyncDisposable {
  /** Absent where the broker is somebody else's, who would mind. */
  broker: MortalBroker | undefined
  atLeastOnce: Side
  exactlyOnce: Side
  /** Where all of it keeps what it keeps: of the broker, if it is this run's own, and of both groups. */
  folders: readonly string[]
}

export interface Side {
  cluster: Cluster
  victims: readonly Victim[]
}

export interface GroundOptions {
  kafka: ChaosKafka
  seed: number
  sessionMs: number
}

/** Three workers that deliver at least once, and two whose sources deliver exactly once; all behind links of their own. */
export async function startGround({ kafka, seed, sessionMs }: GroundOptions): Promise<Ground> {
  const lifecycle = createLifecycle()
  const folders: string[] = []
  async function ownBroker(kind: BrokerKind): Promise<MortalBroker> {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-chaos-'))
    folders.push(folder)
    lifecycle.defer(() => rmSync(folder, { recursive: true, force: true }))
    return lifecycle.own(await startMortalBroker(folder, kind))
  }

  async function side(bootstrapServers: string, workers: number, properties: Properties): Promise<Side> {
    const links: Link[] = []
    const cluster = await startCluster({
      ...{ workers, bootstrapServers, verifiable: true },
      properties: { 'session.timeout.ms': `${sessionMs}`, ...properties },
      async reach(servers) {
        const link = lifecycle.own(await startLink(servers, seed + links.length))
        links.push(link)
        return link.bootstrapServers
      },
    })
    lifecycle.own(cluster)
    folders.push(dirname(cluster.folder))
    return { cluster, victims: cluster.workers.map((worker, n) => ({ worker, link: links[n] as Link })) }
  }

  try {
    const broker = typeof kafka === 'string' ? await ownBroker(kafka) : undefined
    const { bootstrapServers } = typeof kafka === 'string' ? (broker as MortalBroker) : kafka
    const [atLeastOnce, exactlyOnce] = await allOf([
      side(bootstrapServers, 3, {}),
      side(bootstrapServers, 2, exactlyOnceProperties),
    ])
    return { broker, atLeastOnce, exactlyOnce, folders, [Symbol.asyncDispose]: () => lifecycle[Symbol.asyncDispose]() }
  } catch (error) {
    await lifecycle[Symbol.asyncDispose]()
    throw error
  }
}

const exactlyOnceProperties = { 'exactly.once.source.support': 'enabled', 'consumer.isolation.level': 'read_committed' }
