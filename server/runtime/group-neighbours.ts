import { ConnectError, messageOf } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'
import type { Admin } from '#server/kafka/admin.ts'
import { decodeConnectMetadata, type GroupTopics } from '#server/protocol/connect-bytes.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

const settings = {
  configs: 'config.storage.topic',
  offsets: 'offset.storage.topic',
  statuses: 'status.storage.topic',
} as const satisfies Record<keyof GroupTopics, string>

/** A worker that is in a Connect group of this Kafka now. JVM workers do not say where their group keeps its state. */
export interface Neighbour {
  groupId: string
  url: string
  topics: GroupTopics | null
}

/**
 * Why a worker may not join `groupId` with these topics; undefined when it may. Workers of one group that read different
 * topics never agree and balance for ever; two groups on one config topic both run every connector (I7).
 */
export function refusalOf(groupId: string, topics: GroupTopics, neighbours: readonly Neighbour[]): string | undefined {
  for (const { groupId: theirs, url, topics: kept } of neighbours) {
    if (!kept) continue
    if (theirs !== groupId) {
      if (kept.configs !== topics.configs) continue
      return `The topic '${topics.configs}' of ${settings.configs} is that of the Connect cluster '${theirs}', whose worker ${url} runs now: two clusters on it would both run every connector. Give the cluster '${groupId}' a topic of its own, or this worker the group.id '${theirs}'.`
    }
    for (const kind of ['configs', 'offsets', 'statuses'] as const) {
      if (kept[kind] === topics[kind]) continue
      return `The group '${groupId}' of group.id is that of another Connect cluster: ${settings[kind]} is '${topics[kind]}' here, and '${kept[kind]}' on its worker ${url}. Give this cluster a group.id of its own, or the topics of that one.`
    }
  }
  return undefined
}

/** Throws SETTING_INVALID when other workers show that this one would join the wrong group, or use the topics of another. */
export async function checkNeighbours(
  admin: Pick<Admin, 'listGroups' | 'describeGroup'>,
  { groupId, topics, url: own, logger }: { groupId: string; topics: GroupTopics; url: string; logger: Logger },
): Promise<void> {
  const refusal = refusalOf(
    groupId,
    topics,
    (await neighbours()).filter(({ url }) => url !== own),
  )
  if (refusal) throw new ConnectError('SETTING_INVALID', refusal)

  async function neighbours(): Promise<Neighbour[]> {
    try {
      const groups = await admin.listGroups('connect')
      return (await Promise.all(groups.map(membersOf))).flat()
    } catch (error) {
      // Whoever may join its group may not be let see others.
      if (!(error instanceof KafkaError) || error.retriable) throw error
      logger.debug(`Other Connect clusters cannot be looked for: ${messageOf(error)}`)
      return []
    }
  }

  async function membersOf(theirs: string): Promise<Neighbour[]> {
    const { members } = await admin.describeGroup(theirs)
    // A group tells nothing of its members while it settles.
    const said = members.filter(({ metadata }) => metadata.length > 0)
    return said.map(({ metadata }) => ({ groupId: theirs, ...decodeConnectMetadata(metadata) }))
  }
}
