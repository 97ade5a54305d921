import type { ClusterSettings, Clusters } from '#server/console/clusters.ts'
import { createPasswordKeys, type PasswordKeys } from '#server/console/password-keys.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Herder } from '#server/contract/herder.ts'
import type { Topics } from '#server/contract/topics.ts'
import { createRestClient } from '#server/rest/client.ts'

/** A cluster that can be asked. */
export interface ConnectedCluster {
  slug: string
  settings: ClusterSettings
  herder: Herder
  /** Gives up early: for what is asked again in a moment anyway. */
  watcher: Herder
  /** One worker of it, for what each remembers by itself. */
  workerAt: (url: string) => Herder
  passwordKeys: PasswordKeys
  /** Throws where the console was told no Kafka of this cluster. */
  topics: () => Topics
}

export interface Connections extends AsyncDisposable {
  /** Throws CLUSTER_NOT_FOUND. Made anew when the settings of the cluster changed. */
  get(slug: string): Promise<ConnectedCluster>
  /** Closes what is open to a cluster. */
  forget(slug: string): Promise<void>
}

const watchTimeoutMs = 10_000

export function createConnections(options: {
  clusters: Pick<Clusters, 'get'>
  openTopics: (bootstrapServers: string) => Topics
}): Connections {
  const connected = new Map<string, { settings: string; cluster: ConnectedCluster }>()
  /** Apart from the rest: workers come and go while Kafka stays. */
  const opened = new Map<string, { bootstrapServers: string; topics: Topics }>()

  function topicsOf({ slug, name, bootstrapServers }: ClusterSettings): Topics {
    if (!bootstrapServers) {
      throw new ConnectError(
        'SETTING_INVALID',
        `The console was not told where the Kafka of the cluster ${name} is: set bootstrap.servers to see its topics.`,
      )
    }
    const known = opened.get(slug)
    if (known?.bootstrapServers === bootstrapServers) return known.topics
    const topics = options.openTopics(bootstrapServers)
    opened.set(slug, { bootstrapServers, topics })
    if (known) void known.topics[Symbol.asyncDispose]()
    return topics
  }

  function connect(settings: ClusterSettings): ConnectedCluster {
    const herder = createRestClient(settings.workerUrls)
    return {
      slug: settings.slug,
      settings,
      herder,
      watcher: createRestClient(settings.workerUrls, { timeoutMs: watchTimeoutMs }),
      workerAt: (url) => createRestClient([url], { timeoutMs: watchTimeoutMs }),
      passwordKeys: createPasswordKeys(herder),
      topics: () => topicsOf(settings),
    }
  }

  return {
    async get(slug) {
      const settings = await options.clusters.get(slug)
      const text = JSON.stringify(settings)
      const known = connected.get(slug)
      if (known?.settings === text) return known.cluster
      const cluster = connect(settings)
      connected.set(slug, { settings: text, cluster })
      return cluster
    },
    async forget(slug) {
      connected.delete(slug)
      const known = opened.get(slug)
      opened.delete(slug)
      await known?.topics[Symbol.asyncDispose]()
    },
    async [Symbol.asyncDispose]() {
      connected.clear()
      const open = [...opened.values()]
      opened.clear()
      await Promise.all(open.map(({ topics }) => topics[Symbol.asyncDispose]()))
    },
  }
}
