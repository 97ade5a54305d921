import type { ConnectedCluster } from '#server/console/connections.ts'
import { namesIn } from '#server/console/names-in.ts'
import { orNull } from '#server/console/or-null.ts'
import type { ConnectorOffset, PartitionLag } from '#server/contract/connector.ts'
import type { TopicDetail } from '#server/contract/topics.ts'

/** How far a sink lags behind its topics; null where it cannot be said: of a source, and where the console knows no Kafka. */
export async function sinkLag(
  { herder, settings, topics }: Pick<ConnectedCluster, 'herder' | 'settings' | 'topics'>,
  name: string,
): Promise<PartitionLag[] | null> {
  if (!settings.bootstrapServers) return null
  const { type, config } = await herder.info(name)
  if (type !== 'sink') return null
  const committed = committedOf(await herder.offsets(name))
  const names = new Set([...namesIn(config.topics), ...committed.map(({ topic }) => topic)])
  const details = await Promise.all(
    [...names].sort().map((topic) => orNull(topics().describe(topic), 'TOPIC_NOT_FOUND')),
  )
  return details.flatMap((detail) => (detail ? lagOf(detail, committed) : []))
}

interface Committed {
  topic: string
  partition: number
  offset: number
}

function committedOf(offsets: readonly ConnectorOffset[]): Committed[] {
  return offsets.flatMap(({ partition, offset }) => {
    const { kafka_topic: topic, kafka_partition: number } = partition
    const place = Number(offset?.kafka_offset)
    return typeof topic === 'string' && Number.isInteger(place)
      ? [{ topic, partition: Number(number), offset: place }]
      : []
  })
}

function lagOf({ name, offsets }: TopicDetail, committed: readonly Committed[]): PartitionLag[] {
  return offsets.map(({ partition, start, end }) => {
    const at = committed.find((each) => each.topic === name && each.partition === partition)?.offset ?? null
    return { topic: name, partition, committed: at, end, lag: Math.max(0, end - Math.max(start, at ?? start)) }
  })
}
