import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs'
import { eventually } from '#e2e/start/eventually.ts'

export interface TopicSettings {
  partitions: number
  config: Readonly<Record<string, string>>
}

/** How a topic was made: its partitions, and what differs from the defaults of the brokers. */
export async function describeTopic(bootstrapServers: string, topic: string): Promise<TopicSettings> {
  return withAdmin(bootstrapServers, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic }
    const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false })
    const own = resources[0]?.configEntries.filter(({ isDefault }) => !isDefault) ?? []
    return {
      partitions: topics[0]?.partitions.length ?? 0,
      config: Object.fromEntries(own.map(({ configName, configValue }) => [configName, configValue])),
    }
  })
}

export async function createTopic(bootstrapServers: string, topic: string, settings: TopicSettings): Promise<void> {
  await withAdmin(bootstrapServers, async (admin) => {
    await admin.createTopics({
      // kafkajs gives up while Apache Kafka does not host the topic yet.
      waitForLeaders: false,
      topics: [
        {
          topic,
          numPartitions: settings.partitions,
          replicationFactor: 1,
          configEntries: Object.entries(settings.config).map(([name, value]) => ({ name, value })),
        },
      ],
    })
    const led = async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
      return topics[0]?.partitions.every(({ leader }) => leader >= 0) || undefined
    }
    await eventually(led, { withinMs: 30_000, what: `${topic} has its leaders` })
  })
}

/** The names of all topics, sorted. */
export const topicNames = (bootstrapServers: string): Promise<string[]> =>
  withAdmin(bootstrapServers, async (admin) => (await admin.listTopics()).sort())

async function withAdmin<Answer>(
  bootstrapServers: string,
  work: (admin: ReturnType<Kafka['admin']>) => Promise<Answer>,
): Promise<Answer> {
  const admin = new Kafka({ brokers: [bootstrapServers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Sets these configs of a topic; the others fall back to the defaults. */
export async function alterTopic(
  bootstrapServers: string,
  topic: string,
  config: TopicSettings['config'],
): Promise<void> {
  await withAdmin(bootstrapServers, (admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topic,
          configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
        },
      ],
    }),
  )
}
