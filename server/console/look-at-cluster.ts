import type { ConfigRecorder } from '#server/console/config-recorder.ts'
import type { ConnectedCluster } from '#server/console/connections.ts'
import { readConnectors } from '#server/console/list-connectors.ts'
import type { Look } from '#server/console/live-feed.ts'
import { orNull } from '#server/console/or-null.ts'
import type { ExpandedConnector } from '#server/contract/connector.ts'
import type { EmbeddedWorkers } from '#server/contract/embedded-workers.ts'
import { messageOf } from '#server/contract/errors.ts'
import { inParallel } from '#server/contract/in-parallel.ts'

/** Looks at a cluster again and again for its live feed; configs that were changed elsewhere go to the history. */
export function createClusterLook(options: {
  connect: () => Promise<ConnectedCluster>
  recorder: ConfigRecorder
  embeddedWorkers: EmbeddedWorkers | undefined
}): () => Promise<Look> {
  const { recorder, embeddedWorkers } = options
  let known: ReadonlySet<string> | undefined
  /** The topics that a connector was seen to use, under the config that it had then. */
  let used = new Map<string, { config: string; topics: string[] }>()

  function remember(cluster: ConnectedCluster, listed: readonly ExpandedConnector[], since: number) {
    const names = new Set(listed.map(({ name }) => name))
    for (const name of known?.difference(names) ?? []) recorder.vanished(cluster.slug, name, since)
    known = names
  }

  /** A connector's page waits for its first topics; once they are known they cost no request any more. */
  async function usedTopics({ watcher }: ConnectedCluster, listed: readonly ExpandedConnector[]): Promise<string[][]> {
    const found = await inParallel(listed, 8, async ({ name, info }) => {
      const config = JSON.stringify(info.config)
      const before = used.get(name)
      if (before?.config === config && before.topics.length > 0) return { name, config, topics: before.topics }
      const topics = await orNull(watcher.activeTopics(name), 'TOPIC_TRACKING_DISABLED', 'ROUTE_NOT_FOUND')
      return { name, config, topics: topics ?? [] }
    })
    used = new Map(found.map(({ name, config, topics }) => [name, { config, topics }]))
    return found.map(({ topics }) => topics)
  }

  async function record({ slug, passwordKeys }: ConnectedCluster, listed: readonly ExpandedConnector[], since: number) {
    for (const { name, info } of listed) {
      recorder.seen(slug, name, { config: info.config, isPassword: await passwordKeys(info.config), since })
    }
  }

  return async () => {
    const workers = embeddedWorkers ? { workers: JSON.stringify(embeddedWorkers.list()) } : {}
    try {
      const since = recorder.now()
      const cluster = await options.connect()
      const [listed, view] = await Promise.all([
        readConnectors(cluster.watcher),
        orNull(cluster.watcher.cluster(), 'UNSUPPORTED'),
      ])
      remember(cluster, listed, since)
      await record(cluster, listed, since)
      const topics = await usedTopics(cluster, listed)
      return {
        parts: {
          ...workers,
          connectors: JSON.stringify([listed, topics]),
          cluster: JSON.stringify(view),
          topics: JSON.stringify([listed.map(({ info }) => info), topics]),
        },
        reason: null,
      }
    } catch (error) {
      return { parts: workers, reason: messageOf(error) }
    }
  }
}
