import type { ConnectedCluster } from '#server/console/connections.ts'
import { orNull } from '#server/console/or-null.ts'
import type { TopicSummary } from '#server/contract/topics.ts'

/** The topics of a cluster; those in which its workers keep their own state count as internal, as Kafka's own do. */
export async function listTopics(cluster: Pick<ConnectedCluster, 'watcher' | 'topics'>): Promise<TopicSummary[]> {
  // Workers that are away, or a JVM cluster, do not tell their group; Kafka's part of the answer stands without it.
  const view = orNull(cluster.watcher.cluster(), 'UNSUPPORTED', 'WORKER_UNREACHABLE', 'NOT_LEADER')
  const [topics, told] = await Promise.all([cluster.topics().list(), view])
  const groups = told ? [told.groupId, ...usualGroups] : usualGroups
  return topics.map((topic) => ({ ...topic, internal: topic.internal || isOfWorkers(topic.name, groups) }))
}

/** The stems of the names that Kafka Connect's documentation and images use, and that Sluice gives. */
const usualGroups = ['connect', 'sluice']
const kinds = ['configs', 'offsets', 'status', 'sluice-events']

/** Workers do not say what their topics are called; by far most are called after the group. */
export const isOfWorkers = (topic: string, groups: readonly string[]): boolean =>
  groups.some((group) => kinds.some((kind) => topic === `${group}-${kind}`))
