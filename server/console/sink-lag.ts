import type { ConnectedCluster } from '#server/console/connections.ts'
import { namesIn } from '#server/console/names-in.ts'
import type { ConnectorOffset, PartitionLag, SinkLag } from '#server/contract/connector.ts'
import type { Herder } from '#server/contract/herder.ts'
import { inParallel } from '#server/contract/in-parallel.ts'
import type { TopicOffsets } from '#server/contract/topics.ts'

type Asked = Pick<ConnectedCluster, 'herder' | 'settings' | 'topics'>

/** How far a sink lags behind its topics; null where it cannot be said: of a source, and where the console knows no Kafka. */
export async function sinkLag({ herder, settings, topics }: Asked, name: string): Promise<PartitionLag[] | null> {
  if (!settings.bootstrapServers) return null
  const standing = await standingOf(herder, name)
  return standing && partitionLags(standing, await topics().offsets(standing.topics))
}

/** Each of them is asked a worker for, a few at the same time. */
const atOnce = 8

/**
 * The same of many, summed up; Kafka is asked once for all their topics. Left out are sources, connectors that do not answer,
 * and sinks of which neither a topic nor a commit is known; rejects when none answers, null where the console knows no Kafka.
 */
export async function sinkLags(
  { herder, settings, topics }: Asked,
  names: readonly string[],
): Promise<SinkLag[] | null> {
  if (!settings.bootstrapServers) return null
  const answers = await inParallel(names, atOnce, async (name) => {
    const [answer] = await Promise.allSettled([standingOf(herder, name)])
    return answer
  })
  const refused = answers.find((answer) => answer.status === 'rejected')
  if (refused && answers.every(({ status }) => status === 'rejected')) throw refused.reason
  const standings = answers.flatMap((answer) => (answer.status === 'fulfilled' && answer.value) || [])
  const ends = await topics().offsets([...new Set(standings.flatMap((standing) => standing.topics))])
  return standings.flatMap((standing) => {
    const lags = partitionLags(standing, ends)
    return lags.length > 0 ? [{ connector: standing.name, lag: lags.reduce((sum, { lag }) => sum + lag, 0) }] : []
  })
}

/** What a sink reads, and how far it got. */
interface Standing {
  name: string
  /** Those of its config, and those that it has committed in, sorted. */
  topics: string[]
  committed: { topic: string; partition: number; offset: number }[]
}

async function standingOf(herder: Pick<Herder, 'info' | 'offsets'>, name: string): Promise<Standing | null> {
  const { type, config } = await herder.info(name)
  if (type !== 'sink') return null
  const committed = committedOf(await herder.offsets(name))
  const topics = new Set([...namesIn(config.topics), ...committed.map(({ topic }) => topic)])
  return { name, topics: [...topics].sort(), committed }
}

function committedOf(offsets: readonly ConnectorOffset[]): Standing['committed'] {
  return offsets.flatMap(({ partition, offset }) => {
    const { kafka_topic: topic, kafka_partition: number } = partition
    const place = Number(offset?.kafka_offset)
    return typeof topic === 'string' && Number.isInteger(place)
      ? [{ topic, partition: Number(number), offset: place }]
      : []
  })
}

function partitionLags({ topics, committed }: Standing, ends: readonly TopicOffsets[]): PartitionLag[] {
  return topics.flatMap((topic) => {
    const offsets = ends.find(({ name }) => name === topic)?.offsets ?? []
    return offsets.map(({ partition, start, end }) => {
      const at = committed.find((each) => each.topic === topic && each.partition === partition)?.offset ?? null
      return { topic, partition, committed: at, end, lag: Math.max(0, end - Math.max(start, at ?? start)) }
    })
  })
}
