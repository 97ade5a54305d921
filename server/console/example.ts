import type { ConfigRecorder } from '#server/console/config-recorder.ts'
import type { ConnectedCluster } from '#server/console/connections.ts'
import { createConnector } from '#server/console/connector-configs.ts'
import { orNull } from '#server/console/or-null.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { CatalogEntry } from '#server/contract/herder.ts'

export interface Example {
  topic: string
  /** Their names, whether made now or there before. */
  connectors: string[]
}

const topic = 'orders'
const text = 'org.apache.kafka.connect.storage.StringConverter'
const json = 'org.apache.kafka.connect.json.JsonConverter'
const topicWaitMs = 20_000

/**
 * Starts the ready example: made-up orders into a topic, and the topic into a file. Started again, it makes what is
 * missing and leaves the rest alone. Answers when the first record has made the topic, or after a while without it.
 *
 * @param file where the sink writes, on the machine of the workers
 */
export async function startExample(
  cluster: ConnectedCluster,
  { file, recorder, clock }: { file: string; recorder: ConfigRecorder; clock: Clock },
): Promise<Example> {
  const catalog = (await orNull(cluster.herder.catalog(), 'UNSUPPORTED')) ?? []
  const source = catalog.find((entry) => entry.system === 'demo' && entry.type === 'source')
  if (!source) {
    throw new ConnectError(
      'UNSUPPORTED',
      'The workers of this cluster have no source of made-up records to start from.',
    )
  }
  const configs = exampleConfigs(source, file)
  const there = new Set(await cluster.herder.list())
  for (const [name, config] of Object.entries(configs)) {
    if (!there.has(name)) await orNull(createConnector(cluster, { name, config }, recorder), 'CONNECTOR_EXISTS')
  }
  if (cluster.settings.bootstrapServers) await topicAppears(cluster, clock)
  return { topic, connectors: Object.keys(configs) }
}

/** Both write plain JSON: readable on the topic's page, and one line an order in the file. */
export function exampleConfigs(source: CatalogEntry, file: string): Record<string, ConnectorConfig> {
  return {
    orders: {
      ...source.example,
      name: 'orders',
      'connector.class': source.class,
      'tasks.max': '1',
      topic,
      'key.converter': text,
      'value.converter': json,
      'value.converter.schemas.enable': 'false',
    },
    'orders-to-file': {
      name: 'orders-to-file',
      'connector.class': 'org.apache.kafka.connect.file.FileStreamSinkConnector',
      'tasks.max': '1',
      topics: topic,
      file,
      'key.converter': text,
      'value.converter': text,
    },
  }
}

async function topicAppears(cluster: ConnectedCluster, clock: Clock): Promise<void> {
  const deadline = clock.monotonic() + topicWaitMs
  while (clock.monotonic() < deadline) {
    if (await orNull(cluster.topics().describe(topic), 'TOPIC_NOT_FOUND')) return
    await clock.sleep(200)
  }
}
