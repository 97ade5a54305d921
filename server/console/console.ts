import type { ShippedSummaries } from '#server/console/catalog.ts'
import { type ClusterSettings, type Clusters, createClusters } from '#server/console/clusters.ts'
import { type ConfigRecorder, createConfigRecorder } from '#server/console/config-recorder.ts'
import { type Connections, createConnections } from '#server/console/connections.ts'
import type { Prisma } from '#server/console/database/background.ts'
import { createFingerprint } from '#server/console/fingerprint.ts'
import { type ConfigHistory, createConfigHistory } from '#server/console/history.ts'
import { createLive, type Live } from '#server/console/live.ts'
import { createClusterLook } from '#server/console/look-at-cluster.ts'
import { createSavedViews, type SavedViews } from '#server/console/views.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { EmbeddedWorkers } from '#server/contract/embedded-workers.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { Topics } from '#server/contract/topics.ts'

export interface ConsoleOptions {
  /** The cluster that the console was started with; asked anew each time, because its workers come and go. */
  own: () => ClusterSettings
  prisma: Prisma
  /** Of `loadFingerprintKey`. */
  fingerprintKey: Uint8Array
  openTopics: (bootstrapServers: string) => Topics
  /** What the transforms and predicates that come with Sluice do, by class: Apache Kafka's workers have many of them too. */
  shippedSummaries: ShippedSummaries
  /** Of the console's own cluster; absent when its workers run elsewhere. */
  embeddedWorkers?: EmbeddedWorkers | undefined
  /** Where the example may write its file. */
  exampleFolder: string
  clock: Clock
  logger: Logger
}

/** What the console knows and can do, for its door. */
export interface Console extends AsyncDisposable {
  clusters: Clusters
  connections: Connections
  history: ConfigHistory
  views: SavedViews
  recorder: ConfigRecorder
  live: Live
  /** Null for a cluster whose workers this console does not run. */
  embeddedWorkers(cluster: string): EmbeddedWorkers | null
  shippedSummaries: ShippedSummaries
  /** The file that the example writes. */
  exampleFile: string
  clock: Clock
}

export function createConsole(options: ConsoleOptions): Console {
  const { own, prisma, clock, logger } = options
  const lifecycle = createLifecycle()
  const fingerprint = createFingerprint(options.fingerprintKey)
  const clusters = createClusters(prisma, own, async (slug) => {
    live.tell(undefined, 'clusters')
    await connections.forget(slug)
  })
  const history = createConfigHistory(prisma)
  const connections = lifecycle.own(createConnections({ clusters, openTopics: options.openTopics }))
  const recorder = lifecycle.own(
    createConfigRecorder({
      history,
      fingerprint,
      clock,
      logger,
      onRecorded: (cluster) => live.tell(cluster, 'history'),
    }),
  )
  const embeddedWorkers = (cluster: string) => (cluster === own().slug ? (options.embeddedWorkers ?? null) : null)
  const live = createLive({
    clock,
    lookAt: (slug) =>
      createClusterLook({
        connect: () => connections.get(slug),
        recorder,
        embeddedWorkers: embeddedWorkers(slug) ?? undefined,
      }),
  })

  return {
    clusters,
    connections,
    history,
    views: createSavedViews(prisma),
    recorder,
    live,
    embeddedWorkers,
    shippedSummaries: options.shippedSummaries,
    // Told apart from the files of other installations on the machine, and not to be guessed by other users of it.
    exampleFile: `${options.exampleFolder}/sluice-orders-${fingerprint('example file').slice(0, 8)}.txt`,
    clock,
    [Symbol.asyncDispose]: () => lifecycle[Symbol.asyncDispose](),
  }
}
