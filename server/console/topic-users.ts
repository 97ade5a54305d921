import type { ConnectedCluster } from '#server/console/connections.ts'
import { readConnectors } from '#server/console/list-connectors.ts'
import { namesIn } from '#server/console/names-in.ts'
import { orNull } from '#server/console/or-null.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import { inParallel } from '#server/contract/in-parallel.ts'
import { compilePattern } from '#server/sdk/pattern.ts'

/** The connectors that have to do with a topic, by name. */
export interface TopicUsers {
  writers: string[]
  readers: string[]
}

/**
 * Who writes a topic and who reads it: sinks by what their config subscribes to, sources by what it names and, where the
 * cluster tracks that, by what they have written to.
 */
export async function topicUsers({ watcher }: Pick<ConnectedCluster, 'watcher'>, topic: string): Promise<TopicUsers> {
  const listed = await readConnectors(watcher)
  const writes = await inParallel(
    listed.filter(({ info }) => info.type === 'source'),
    8,
    async ({ name, info }) => {
      if (namesIn(info.config.topic).includes(topic)) return [name]
      const used = await orNull(
        watcher.activeTopics(name),
        'TOPIC_TRACKING_DISABLED',
        'ROUTE_NOT_FOUND',
        'CONNECTOR_NOT_FOUND',
      )
      return used?.includes(topic) ? [name] : []
    },
  )
  const readers = listed.filter(({ info }) => info.type === 'sink' && subscribes(info.config, topic))
  return { writers: writes.flat(), readers: readers.map(({ name }) => name) }
}

function subscribes({ topics, 'topics.regex': pattern }: ConnectorConfig, topic: string): boolean {
  if (namesIn(topics).includes(topic)) return true
  return pattern ? matches(pattern, topic) : false
}

/** A pattern that cannot be read matches nothing: its sink says so itself. */
function matches(pattern: string, topic: string): boolean {
  try {
    return compilePattern(pattern).matches(topic)
  } catch (error) {
    if (error instanceof ConnectError) return false
    throw error
  }
}
