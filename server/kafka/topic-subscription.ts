import type { KafkaClient } from '#server/kafka/client.ts'
import type { TopicMetadata } from '#server/kafka/metadata.ts'

/** Names, or a test for names (`topics.regex`), which Kafka's own topics pass only when they are asked for. */
export type Subscribe =
  | { topics: readonly string[] }
  | { matches: (topic: string) => boolean; internalToo?: boolean | undefined }

/** Whether a topic of the cluster is subscribed to (Kafka: `ConsumerMetadata.retainTopic`). */
export function isSubscribed(subscribe: Subscribe, { name, internal }: Pick<TopicMetadata, 'name' | 'internal'>) {
  if ('topics' in subscribe) return subscribe.topics.includes(name)
  return (!internal || subscribe.internalToo === true) && subscribe.matches(name)
}

/** Which topics a consumer subscribes to, as the cluster last said. */
export interface TopicSubscription {
  readonly topics: readonly string[]
  /** Partitions of each topic that exists. */
  readonly partitionCounts: ReadonlyMap<string, number>
  /** Asks again, also for topics that others subscribe to; true when what this one subscribes to, or its partitions, changed. */
  look(others?: readonly string[]): Promise<boolean>
  /** Whether it is time to ask again: sooner while a topic is missing. */
  isDue(): boolean
}

/** While a topic is missing it is looked for this often. */
const missingTopicRetryMs = 1_000

export function createTopicSubscription(
  client: KafkaClient,
  subscribe: Subscribe,
  options: {
    metadataMaxAgeMs: number
    /** Whether brokers that may create topics are to create those that are missing. */
    createsTopics: boolean
  },
): TopicSubscription {
  const { clock } = client
  const named = 'topics' in subscribe ? subscribe.topics : undefined
  let topics: string[] = []
  let partitionCounts = new Map<string, number>()
  let lookedAt = 0

  const state = () =>
    topics
      .map((topic) => `${topic}:${partitionCounts.get(topic) ?? 0}`)
      .sort()
      .join()

  return {
    get topics() {
      return topics
    },
    get partitionCounts() {
      return partitionCounts
    },
    async look(others = []) {
      const found = await client.metadata(named && [...new Set([...named, ...others])], {
        create: options.createsTopics,
      })
      lookedAt = clock.monotonic()
      const before = state()
      partitionCounts = new Map(found.map(({ name, partitions }) => [name, partitions.length]))
      topics = named ? [...named] : found.filter((topic) => isSubscribed(subscribe, topic)).map(({ name }) => name)
      return state() !== before
    },
    isDue() {
      const missing = named?.some((topic) => !partitionCounts.has(topic)) ?? false
      return clock.monotonic() - lookedAt >= (missing ? missingTopicRetryMs : options.metadataMaxAgeMs)
    },
  }
}
