import { z } from 'zod'
import type { Prisma } from '#server/console/database/background.ts'
import { ConnectError } from '#server/contract/errors.ts'

/** A Connect cluster as the console knows it. */
export interface ClusterSettings {
  /** Stands in every URL. */
  slug: string
  name: string
  /** Tried in order. */
  workerUrls: string[]
  /** Undefined: the topic pages say what is missing. */
  bootstrapServers?: string | undefined
  registryUrl?: string | undefined
}

export interface ListedCluster extends ClusterSettings {
  /** The one that the console was started with: its settings are those of the console. */
  own: boolean
}

/** The clusters of this console: the one it was started with, which needs no database, then those that were added. */
export interface Clusters {
  list(): Promise<ListedCluster[]>
  /** Throws CLUSTER_NOT_FOUND. */
  get(slug: string): Promise<ClusterSettings>
  /** Adds or replaces one. */
  save(cluster: ClusterSettings): Promise<void>
  remove(slug: string): Promise<void>
}

const kafkaProperties = z.object({ 'bootstrap.servers': z.string().optional() })

/**
 * @param own the cluster of the settings; read anew each time, because its workers come and go
 * @param onChange called when a cluster was saved or removed
 */
export function createClusters(
  prisma: Prisma,
  own: () => ClusterSettings,
  onChange: (slug: string) => Promise<void>,
): Clusters {
  const refuseOwn = (slug: string) => {
    if (slug !== own().slug) return
    throw new ConnectError(
      'BAD_REQUEST',
      `The cluster ${slug} comes from the settings that the console was started with.`,
    )
  }

  return {
    async list() {
      const rows = await (await prisma()).cluster.findMany({ orderBy: { slug: 'asc' }, take: 500 })
      return [{ ...own(), own: true }, ...rows.map((row) => ({ ...settingsOf(row), own: false }))]
    },
    async get(slug) {
      if (slug === own().slug) return own()
      const row = await (await prisma()).cluster.findUnique({ where: { slug } })
      if (!row) throw new ConnectError('CLUSTER_NOT_FOUND', `There is no cluster called ${slug}.`)
      return settingsOf(row)
    },
    async save({ slug, name, workerUrls, bootstrapServers, registryUrl }) {
      refuseOwn(slug)
      const kafka = bootstrapServers === undefined ? {} : { 'bootstrap.servers': bootstrapServers }
      const data = { name, workerUrls, kafka, registryUrl: registryUrl ?? null }
      await (await prisma()).cluster.upsert({ where: { slug }, create: { slug, ...data }, update: data })
      await onChange(slug)
    },
    async remove(slug) {
      refuseOwn(slug)
      await (await prisma()).cluster.deleteMany({ where: { slug } })
      await onChange(slug)
    },
  }
}

interface Row {
  slug: string
  name: string
  workerUrls: string[]
  kafka: unknown
  registryUrl: string | null
}

const settingsOf = ({ slug, name, workerUrls, kafka, registryUrl }: Row): ClusterSettings => ({
  slug,
  name,
  workerUrls,
  bootstrapServers: kafkaProperties.parse(kafka)['bootstrap.servers'],
  registryUrl: registryUrl ?? undefined,
})
